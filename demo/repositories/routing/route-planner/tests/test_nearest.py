import unittest

from route_planner.nearest import nearest_first


class NearestFirst(unittest.TestCase):
    def test_goes_to_the_nearest_stop(self):
        self.assertEqual(nearest_first((0, 0), [(5, 0), (1, 0), (3, 0)]), [(1, 0), (3, 0), (5, 0)])

    def test_the_same_orders_give_the_same_plan(self):
        stops = [(1, 0), (-1, 0), (0, 1)]
        self.assertEqual(nearest_first((0, 0), stops), nearest_first((0, 0), list(stops)))

    def test_no_orders_no_route(self):
        self.assertEqual(nearest_first((0, 0), []), [])


if __name__ == "__main__":
    unittest.main()
