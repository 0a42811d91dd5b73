import type { CommandTools } from '../../scripts/runCommand';
import type { ResultRow } from '../results';

/** One kind of trouble, as long or as often as wanted. */
export interface Trial {
	/** How often, or for how many minutes, when nothing is said; only a trial of that size is written down. */
	readonly usual: number;
	/** The page in this folder. */
	readonly page: string;
	readonly title: string;
	/** What is done, for the page. */
	readonly story: string;
	readonly run: (amount: number, tools: CommandTools) => Promise<Verdict>;
}

/** What came of a trial. */
export interface Verdict {
	readonly rows: readonly ResultRow[];
	/** Whether nothing was lost, and nothing happened that must not. */
	readonly isGood: boolean;
}

/** Who writes meanwhile, for the pages. */
export const LOAD =
	"four users who write without a pause over a stand-in for Telegram, and two programs that ask over the gateway's API";
