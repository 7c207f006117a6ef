/** What an operation may not take from the machine by itself. */
export interface StoreContext {
  readonly now: () => Date;
  /** IANA name of the time zone that times are shown and read in. */
  readonly timeZone: string;
  /** The command that this process carries out, for the log and for those who wait for a lock. */
  readonly command: readonly string[];
  readonly user: string;
  /** Whether to wait for a lock that another process holds. */
  readonly wait: boolean;
  /** Hears of what was repaired on the way. */
  readonly notice?: ((notice: Notice) => void) | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told what is written to the log (`log`), and what a command is going to change (`plan`). */
  readonly trace?: ((topic: "log" | "plan", value: unknown) => void) | undefined;
  /** Where a link to the live link of each profile is kept; absent: as the settings say. */
  readonly instDir?: string | undefined;
}

export interface Notice {
  readonly message: string;
  readonly hint?: string;
  /** Whether a person should look at it. */
  readonly isWarning?: boolean;
}
