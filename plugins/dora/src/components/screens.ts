export { DeliveryPage } from './DeliveryPage';
export { DeliveryTab } from './DeliveryTab';
