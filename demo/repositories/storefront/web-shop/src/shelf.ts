export type Product = {
  id: string;
  name: string;
  cents: number;
  available: number;
  soldLastWeek: number;
};

/**
 * Orders a shelf: what is there before what is not, then what others buy. Equal products stay in the order they came, so that
 * a shelf does not jump between two visits.
 */
export function arrangeShelf(products: Product[]): Product[] {
  return [...products].sort(
    (a, b) =>
      Number(b.available > 0) - Number(a.available > 0) ||
      b.soldLastWeek - a.soldLastWeek,
  );
}
