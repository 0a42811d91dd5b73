import { buildConformance } from './conformance/bundle';

buildConformance();
