import type { PageData } from '../apiTypes';
import { startApp } from './app';
import { createApi } from './api';
import { part } from './element';
import { followTheme } from './theme';

followTheme();
const page = JSON.parse(part('page-data', HTMLElement).textContent) as PageData;
startApp(page, createApi(page));
