/** The longest wait that a Node timer allows. Later tasks are scheduled again when it ends. */
const TIMER_MAX_MS = 2_147_483_647;
/** How many tasks run in one turn, so that requests never wait long. */
const TASKS_PER_TURN = 500;

type Task = { when: number; run: () => void };

export type Clock = ReturnType<typeof createClock>;

/** A provider's own time, which a test may move forward, and the tasks that the provider will run. */
export function createClock(startOffsetMs: number) {
  const agenda: Task[] = []; // soonest first
  let offsetMs = startOffsetMs;
  let frozen: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  const running = () => Date.now() + offsetMs;

  function runDue(tasksMax: number) {
    for (let ran = 0; ran < tasksMax; ran += 1) {
      const task = agenda[0];
      if (!task || task.when > running()) break;
      agenda.shift();
      frozen = task.when; // a task runs at its own time, even if it runs late
      try {
        task.run();
      } finally {
        frozen = undefined;
      }
    }
    arm();
  }

  function arm() {
    clearTimeout(timer);
    const next = agenda[0];
    if (next) timer = setTimeout(runDue, Math.min(Math.max(0, next.when - running()), TIMER_MAX_MS), TASKS_PER_TURN);
  }

  /** Finds the place after all tasks that are not later. */
  function placeOf(when: number): number {
    let [low, high] = [0, agenda.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((agenda[middle]?.when ?? Infinity) <= when) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    now: () => frozen ?? running(),
    iso: () => new Date(frozen ?? running()).toISOString(),
    at(when: number, run: () => void) {
      const place = placeOf(when);
      agenda.splice(place, 0, { when, run });
      if (place === 0) arm();
    },
    /** Moves time forward. Everything due until then has happened, in order, when this returns. */
    advance(ms: number) {
      offsetMs += ms;
      runDue(Infinity);
      return offsetMs;
    },
    stop: () => clearTimeout(timer),
  };
}
