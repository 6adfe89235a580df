/** What the environment says of the model hub and of the cache. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../errors.ts';
import { advanced, flag } from '../options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface HubSettings {
  /** Address of the hub or of a mirror, without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** Of fetched weights. */
  readonly cache: string;
  readonly offline: boolean;
  /** Waits between tries, in milliseconds. */
  readonly pause: (ms: number) => Promise<unknown>;
}

const HUB = 'https://huggingface.co';

/** The option of every verb that takes weights. */
export const OFFLINE = advanced(flag('use hf: weights from the cache only, as SPOTR_OFFLINE=1 does'));

/** @throws UsageError for a variable that cannot be meant. */
export function hubSettings(offline = false, env: Environment = process.env): HubSettings {
  const endpoint = endpointIn(env);
  return {
    endpoint,
    token: tokenIn(env, endpoint),
    cache: cacheIn(env),
    offline: offline || isOn('SPOTR_OFFLINE', env) || isOn('HF_HUB_OFFLINE', env),
    pause: sleep,
  };
}

export function cacheIn(env: Environment): string {
  return resolve(
    env.SPOTR_WEIGHTS_DIR || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'spotr', 'weights'),
  );
}

function isOn(name: string, env: Environment): boolean {
  const value = (env[name] ?? '').toLowerCase();
  if (['', '0', 'false', 'no', 'off'].includes(value)) return false;
  if (['1', 'true', 'yes', 'on'].includes(value)) return true;
  throw new UsageError(`${name} is "${env[name]}", but must be 1 or 0; set it again.`);
}

function endpointIn({ HF_ENDPOINT }: Environment): string {
  if (!HF_ENDPOINT) return HUB;
  const url = URL.canParse(HF_ENDPOINT) ? new URL(HF_ENDPOINT) : undefined;
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash;
  if (!isPlain)
    throw new UsageError(
      `HF_ENDPOINT is no base address of a hub (without credentials, ? and #); set it to one such as ${HUB}.`,
    );
  return url.href.replace(/\/+$/, '');
}

function tokenIn({ HF_TOKEN }: Environment, endpoint: string): string | undefined {
  const token = HF_TOKEN?.trim();
  if (!token) return undefined;
  // Never in a message: messages end up in logs.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new UsageError('HF_TOKEN holds spaces or letters that no token has; set it to the token alone.');
  const { protocol, hostname } = new URL(endpoint);
  if (protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return token;
  throw new UsageError(
    `HF_TOKEN would be sent to ${endpoint} unencrypted; give HF_ENDPOINT an https: address, or unset HF_TOKEN.`,
  );
}
