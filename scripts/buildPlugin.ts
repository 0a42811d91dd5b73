import { buildPlugin } from './plugin/bundle';

buildPlugin();
