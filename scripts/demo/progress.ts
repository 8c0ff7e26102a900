import { Presets, SingleBar } from 'cli-progress';

export type Progress = { show: (done: number, all: number) => void; end: () => void };

/** Shows a bar on a terminal. Elsewhere it prints a line at each tenth, so that a log stays short. */
export const openProgress = (label: string, say: (line: string) => void): Progress =>
  process.stdout.isTTY ? openBar(label) : openLines(label, say);

function openBar(label: string): Progress {
  const bar = new SingleBar(
    { format: `${label} {bar} {value}/{total}`, hideCursor: true, clearOnComplete: false },
    Presets.shades_classic,
  );
  let isOpen = false;
  return {
    show(done, all) {
      if (!isOpen) bar.start(all, done);
      isOpen = true;
      bar.setTotal(all);
      bar.update(done);
    },
    end() {
      if (isOpen) bar.stop();
    },
  };
}

const TENTHS = 10;

function openLines(label: string, say: (line: string) => void): Progress {
  let shown = -1;
  return {
    show(done, all) {
      const tenth = all === 0 ? TENTHS : Math.floor((done * TENTHS) / all);
      if (tenth === shown) return;
      shown = tenth;
      say(`${label}: ${done} of ${all}`);
    },
    end() {},
  };
}
