/** What may go wrong between here and the hub, each with what to do. */
import { CommandError } from '../errors.ts';

/** A connection that was not made, or was cut. */
export class NetworkError extends CommandError {
  override readonly name = 'NetworkError';
  override readonly code = 'network';
}

export interface Fault {
  readonly error: NetworkError;
  /** Whether the same request may succeed later. */
  readonly passing: boolean;
}

const PASSING_STATUS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
export const isPassing = (status: number): boolean => PASSING_STATUS.has(status);

export interface StatusFacts {
  readonly status: number;
  /** `X-Error-Code` of the hub. */
  readonly code: string | undefined;
  readonly hasToken: boolean;
  readonly host: string;
}

/** `what` was asked for: `the file a.pt of OWNER/REPO@main`. */
export function statusFault(what: string, { status, code, hasToken, host }: StatusFacts): CommandError {
  const answered = `${host} answers ${status} for ${what}`;
  if (code === 'RevisionNotFound')
    return new CommandError(
      `${answered}: it has no such revision; check what stands after the @ (a branch, a tag or a commit).`,
    );
  if (code === 'EntryNotFound')
    return new CommandError(`${answered}: the repository has no such file; check the name.`);
  if (status === 401)
    return new CommandError(
      hasToken
        ? `${answered}: it does not accept the token in HF_TOKEN, or the repository does not exist; check the name, and make a token that may read it.`
        : `${answered}: the repository is private or gated, or does not exist; check the name, or set HF_TOKEN to a token that may read it.`,
    );
  if (status === 403)
    return new CommandError(
      hasToken
        ? `${answered}: the account of HF_TOKEN may not read it; accept the terms on the page of the repository, or use a token of an account that may.`
        : `${answered}: it is not public; accept the terms on the page of the repository, and set HF_TOKEN.`,
    );
  if (status === 404)
    return new CommandError(
      `${answered}: there is no such repository, revision or file; check the name, and HF_ENDPOINT if it is set.`,
    );
  if (status === 407)
    return new CommandError(
      `${answered}: the proxy requires a name and a password; put them into HTTPS_PROXY.`,
    );
  if (status === 429)
    return new CommandError(`${answered}: too many requests; wait some minutes, or set HF_TOKEN.`);
  if (isPassing(status))
    return new CommandError(
      `${answered}: it is unavailable; try again later, or set HF_ENDPOINT to a mirror.`,
    );
  return new CommandError(`${answered}, which is not a valid answer; check HF_ENDPOINT and the proxy.`);
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|^ERR_TLS|^ERR_SSL/;

/** Of whatever a request threw. */
export function networkFault(what: string, host: string, cause: unknown): Fault {
  const code = codeOf(cause);
  const because = messageOf(cause);
  const failed = `${host} cannot be reached for ${what} (${because})`;
  const fault = (text: string, passing: boolean): Fault => ({
    error: new NetworkError(text, { cause }),
    passing,
  });
  if (/Proxy response \(407\)/.test(because))
    return fault(`${failed}; the proxy requires a name and a password: put them into HTTPS_PROXY.`, false);
  if (/Proxy response/.test(because))
    return fault(`${failed}; the proxy does not let it through: check HTTPS_PROXY, or NO_PROXY.`, false);
  if (CERTIFICATE.test(code))
    return fault(
      `${failed}; its certificate is not trusted here: behind an inspecting proxy, give its certificate with NODE_EXTRA_CA_CERTS.`,
      false,
    );
  if (code === 'ENOTFOUND' || code === 'ECONNREFUSED')
    return fault(
      `${failed}; check the network, HTTPS_PROXY and HF_ENDPOINT. Weights that were fetched before need no network.`,
      false,
    );
  return fault(`${failed}; try again: what was fetched is kept.`, true);
}

function codeOf(cause: unknown): string {
  const { code, cause: inner } = (cause ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return inner === undefined ? '' : codeOf(inner);
}

function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError) return messageOf(cause.errors[0]);
  return cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
}
