/**
 * To be preloaded (`node --require`): writes what a program does to files, in order and one line each, to the file that
 * RECORD_FILES names. `write PATH`, `sync PATH` and `rename FROM TO`, whether by descriptors, by handles or by names.
 */
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const log = fs.openSync(process.env.RECORD_FILES, 'a');
const real = { ...fs };
const note = (...words) => real.writeSync(log, `${JSON.stringify(words)}\n`);
const paths = new Map();
const pathOf = (file) => (typeof file === 'number' ? paths.get(file) : String(file));

const watch = (owner, name, seen) => {
  const original = owner[name];
  owner[name] = function (...args) {
    const result = original.apply(this, args);
    seen(args, result);
    return result;
  };
};

watch(fs, 'openSync', ([path], file) => paths.set(file, String(path)));
for (const name of ['writeSync', 'writeFileSync', 'writevSync', 'appendFileSync', 'ftruncateSync'])
  watch(fs, name, ([file, content]) => {
    // A file made empty has nothing that could be lost.
    if (file !== log && pathOf(file) && content?.length !== 0) note('write', pathOf(file));
  });
watch(fs, 'fsyncSync', ([file]) => note('sync', pathOf(file)));
watch(fs, 'fdatasyncSync', ([file]) => note('sync', pathOf(file)));
watch(fs, 'renameSync', ([from, to]) => note('rename', String(from), String(to)));

const { promises } = fs;
const { open } = promises;
promises.open = async (path, ...rest) => {
  const handle = await open.call(promises, path, ...rest);
  for (const [name, done] of [
    ['write', 'write'],
    ['writev', 'write'],
    ['writeFile', 'write'],
    ['appendFile', 'write'],
    ['truncate', 'write'],
    ['sync', 'sync'],
    ['datasync', 'sync'],
  ]) {
    const original = handle[name].bind(handle);
    // When it is done: a sync that nobody waits for does not count.
    handle[name] = async (...args) => {
      const result = await original(...args);
      note(done, String(path));
      return result;
    };
  }
  return handle;
};
const { rename } = promises;
promises.rename = async (from, to) => {
  note('rename', String(from), String(to));
  return rename.call(promises, from, to);
};
syncBuiltinESMExports();
