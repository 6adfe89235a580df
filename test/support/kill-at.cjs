/**
 * To be preloaded (`node --require`): sends this process a signal at a call of `fs`, as KILL_AT says in JSON: the name of the
 * function, a regular expression that its arguments (joined by spaces) fit, 'before' or 'after' it, and the signal.
 */
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

if (process.env.KILL_AT) {
  const [name, match, when, signal] = JSON.parse(process.env.KILL_AT);
  const real = fs[name];
  const end = (moment, args) => {
    const words = args.filter((word) => typeof word === 'string').join(' ');
    if (moment === when && new RegExp(match).test(words)) process.kill(process.pid, signal);
  };
  fs[name] = (...args) => {
    end('before', args);
    const result = real(...args);
    end('after', args);
    return result;
  };
  syncBuiltinESMExports();
}
