/** The gateway's configuration file. */
export interface ConfigFile {
	/** The whole content as it is written: `${NAME}` and secret references unresolved. */
	read(): Promise<unknown>;
	/**
	 * Changes the file under a lock; a running gateway applies it. The draft has `${NAME}` filled in;
	 * what the edit leaves alone stays as it was written.
	 *
	 * @param edit may be called more than once, each time with a new draft
	 */
	change(edit: (draft: Record<string, unknown>) => void): Promise<void>;
}
