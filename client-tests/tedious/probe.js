'use strict';
// tedious: TDS in pure JavaScript. The same options, actions and lines of result as ../harness/probe.py.

const readline = require('readline');
const { parseArgs } = require('util');
const { Connection, Request } = require('tedious');

const { values: options } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string' },
    instance: { type: 'string' },
    user: { type: 'string', default: 'sa' },
    password: { type: 'string', default: 'secret' },
    database: { type: 'string', default: 'master' },
    timeout: { type: 'string', default: '5' },
    action: { type: 'string', default: 'select' },
    sql: { type: 'string', default: 'SELECT 1' },
    attempts: { type: 'string', default: '5' },
    'retry-delay': { type: 'string', default: '0.2' },
  },
});

const emit = (record) => process.stdout.write(JSON.stringify(record) + '\n');
const seconds_since = (started) => Number(process.hrtime.bigint() - started) / 1e9;
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

let phase = null;
let fail_current = null; // rejects what is being waited for
const enter = (name) => { phase = name; emit({ event: 'phase', phase }); };

// tedious throws from a socket callback when the token stream makes no sense: no application can catch it at the call.
process.on('uncaughtException', (error) => {
  error.uncaught = true;
  if (fail_current) fail_current(error);
});

function connect() {
  return new Promise((resolve, reject) => {
    fail_current = reject;
    const timeout = Number(options.timeout) * 1000;
    const connection = new Connection({
      server: options.host,
      authentication: { type: 'default', options: { userName: options.user, password: options.password } },
      options: {
        ...(options.instance ? { instanceName: options.instance } : { port: Number(options.port) }),
        database: options.database,
        encrypt: false,
        trustServerCertificate: true,
        connectTimeout: timeout,
        requestTimeout: timeout,
        cancelTimeout: timeout,
        appName: 'Tedious',
      },
    });
    connection.on('connect', (error) => (error ? reject(error) : resolve(connection)));
    // An idle connection tells of its death by these events only.
    connection.on('error', (error) => { connection.lost = error; });
    connection.on('end', () => { connection.ended = true; });
    connection.connect();
  });
}

function query(connection) {
  return new Promise((resolve, reject) => {
    fail_current = reject;
    const rows = [];
    const request = new Request(options.sql, (error) => (error ? reject(error) : resolve(rows)));
    request.on('row', (columns) => rows.push(columns.map((column) => column.value)));
    connection.execSql(request);
  });
}

function close(connection) {
  return new Promise((resolve) => {
    if (connection.ended) return resolve();
    connection.on('end', resolve);
    connection.close();
  });
}

// One reader for the whole run: lines that come early are kept.
const lines = [];
let wants_line = null;
const input = readline.createInterface({ input: process.stdin });
input.on('line', (line) => { if (wants_line) wants_line(line); else lines.push(line); });
input.on('close', () => { if (wants_line) wants_line(''); });
const a_line = () => new Promise((resolve) => {
  if (lines.length) return resolve(lines.shift());
  wants_line = (line) => { wants_line = null; resolve(line); };
});

function describe(error) {
  const causes = error.errors ? error.errors.map((one) => one.message) : [];
  for (let cause = error.cause; cause; cause = cause.cause) causes.push(cause.message);
  return {
    type: error.uncaught ? 'uncaught ' + error.name : error.code || error.name,
    number: error.number || null,
    text: [error.message, ...causes].join(' | '),
  };
}

async function once(first) {
  const started = process.hrtime.bigint();
  let result = { outcome: 'ok' };
  let connection = null;
  const summary = (rows) => ({ value: rows.length ? rows[0][0] : null, rows: rows.length });
  try {
    enter('connect');
    connection = await connect();
    if (options.action !== 'connect') {
      enter('query');
      result = { ...result, ...summary(await query(connection)) };
    }
    if (first && options.action.startsWith('idle-')) {
      enter('idle');
      await a_line();
      enter('second-query');
      result = { ...result, ...summary(await query(connection)) };
    }
    enter('close');
    await close(connection);
  } catch (error) {
    result = { outcome: 'error', ...describe(error) };
    if (connection && connection.lost && connection.lost !== error) result.text += ' | ' + connection.lost.message;
    if (connection) connection.close();
  }
  return { ...result, phase, seconds: Number(seconds_since(started).toFixed(3)) };
}

(async () => {
  if (options.port === '0') {
    emit({ event: 'loaded' });
    options.port = await a_line();
  }
  const attempts = [];
  const most = options.action.endsWith('retry') ? Number(options.attempts) : 1;
  while (attempts.length < most) {
    if (attempts.length) await pause(Number(options['retry-delay']));
    attempts.push(await once(attempts.length === 0));
    if (attempts.at(-1).outcome === 'ok') break;
  }
  const last = { ...attempts.at(-1), attempts };
  process.stdout.write(JSON.stringify(last) + '\n', () => process.exit(0));
})();
