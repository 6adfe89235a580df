/** A Slurm of one machine, all of it in a folder of its own and under ports of its own; nothing of the system is touched. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAMS = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'scancel', 'sinfo'];
const PATH = [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter);

/** What a Slurm here lacks; undefined where nothing. */
export function whatSlurmLacks(): string | undefined {
  const folders = PATH.split(delimiter);
  const absent = PROGRAMS.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
  if (absent.length > 0)
    return `${absent.join(', ')} (Debian, Ubuntu: apt-get install slurmctld slurmd slurm-client munge)`;
  return process.getuid?.() === 0 ? undefined : 'root, as which slurmd runs';
}

export interface SlurmCluster {
  /** Runs a Slurm program. Throws an Error with what it said where it fails. */
  run(program: string, ...argv: string[]): string;
  stop(): Promise<void>;
}

/** Comes back when the one node is idle. `folder` must be empty. */
export async function startSlurm(folder: string): Promise<SlurmCluster> {
  for (const name of ['munge', 'state', 'spool']) mkdirSync(join(folder, name), { mode: 0o700 });
  const conf = join(folder, 'slurm.conf');
  const socket = join(folder, 'munge', 'socket');
  writeFileSync(join(folder, 'munge', 'key'), randomBytes(128), { mode: 0o400 });
  writeFileSync(conf, await configOf(folder, socket));
  const env = { ...process.env, PATH, SLURM_CONF: conf };
  const daemons: { name: string; child: ChildProcess; said: () => string }[] = [];
  const begin = (name: string, ...argv: string[]) => {
    const child = spawn(name, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        said += String(text);
      });
    daemons.push({ name, child, said: () => said });
  };
  const run = (program: string, ...argv: string[]): string => {
    const { status, stdout, stderr } = spawnSync(program, argv, { env, cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} ${argv.join(' ')}: ${stderr || stdout}`);
    return stdout;
  };
  const stop = async () => {
    try {
      run('scancel', '--user=root');
      for (let i = 0; i < 50 && run('squeue', '-h') !== ''; i++) await sleep(200);
    } finally {
      for (const { child } of daemons.reverse()) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), 5000);
        await ended;
        clearTimeout(late);
      }
    }
  };
  try {
    const at = (name: string) => join(folder, 'munge', name);
    begin(
      'munged',
      ...['--foreground', '--force', `--key-file=${at('key')}`, `--socket=${socket}`],
      ...[`--pid-file=${at('pid')}`, `--log-file=${at('log')}`, `--seed-file=${at('seed')}`],
    );
    await until('munged answers', () => existsSync(socket));
    begin('slurmctld', '-D', '-i', '-f', conf);
    begin('slurmd', '-D', '-f', conf, '-N', hostname());
    await until('the node is idle', () => {
      const dead = daemons.find(({ child }) => child.exitCode !== null);
      if (dead) throw new Error(`${dead.name} ended: ${dead.said()}`);
      const { stdout } = spawnSync('sinfo', ['-h', '-o', '%T'], { env, encoding: 'utf8' });
      return stdout.trim() === 'idle';
    });
  } catch (error) {
    const logs = daemons.map(({ name, said }) => `${name}: ${said().slice(-2000)}`).join('\n');
    await stop().catch(() => {});
    throw new Error(`${error}\n${logs}`);
  }
  return { run, stop };
}

async function configOf(folder: string, socket: string): Promise<string> {
  const [ctld, slurmd] = [await freePort(), await freePort()];
  return [
    'ClusterName=spotr',
    `SlurmctldHost=${hostname()}(127.0.0.1)`,
    `SlurmctldPort=${ctld}`,
    `SlurmdPort=${slurmd}`,
    'AuthType=auth/munge',
    `AuthInfo=socket=${socket}`,
    'SlurmUser=root',
    'SlurmdUser=root',
    `StateSaveLocation=${join(folder, 'state')}`,
    `SlurmdSpoolDir=${join(folder, 'spool')}`,
    `SlurmctldPidFile=${join(folder, 'slurmctld.pid')}`,
    `SlurmdPidFile=${join(folder, 'slurmd.pid')}`,
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core',
    'AccountingStorageType=accounting_storage/none',
    'JobAcctGatherType=jobacct_gather/none',
    'MpiDefault=none',
    'ReturnToService=2',
    'JobRequeue=1',
    'KillWait=2',
    'SchedulerParameters=sched_interval=2',
    `NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=${cpus().length} State=UNKNOWN`,
    'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
    '',
  ].join('\n');
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}

const MOST_SECONDS = 30;

/** @throws Error where it does not come to be. */
export async function until(
  what: string,
  holds: () => boolean,
  { seconds = MOST_SECONDS, everyMs = 300 } = {},
): Promise<void> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    if (holds()) return;
    await sleep(everyMs);
  }
  throw new Error(`Waited ${seconds} s in vain until ${what}.`);
}

/** What a process left in its log, for the message of a test that fails. */
export function logOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : `(no ${path})`;
}
