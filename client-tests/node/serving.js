'use strict';
// The long-lived half of a probe for the Node.js drivers: what ../harness/serving.py is for Python. Same commands, same answers.

const readline = require('readline');

class NotOffered extends Error {}

// A value as the driver gave it, as text where JSON has no such type.
function to_json(value) {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return value.toString();
  if (Buffer.isBuffer(value)) return '0x' + value.toString('hex');
  if (value instanceof Date) {
    // The drivers are told to read dates as UTC; tedious puts what a Date cannot hold beside it, in seconds.
    const text = value.toISOString().slice(0, -1).replace('T', ' ');
    const finer = Math.round((value.nanosecondsDelta || 0) * 1e7);
    return text + String(finer).padStart(4, '0');
  }
  return value;
}

const from_text = {
  int: Number, bigint: (text) => text, float: Number, bit: (text) => text === '1', nvarchar: String, varchar: String,
  decimal: Number, varbinary: (text) => Buffer.from(text.slice(2), 'hex'), date: (text) => new Date(text + 'T00:00:00Z'),
  datetime2: (text) => new Date(text.replace(' ', 'T') + 'Z'), uniqueidentifier: String,
};
const to_native = ({ type, value }) => (value === null ? null : from_text[type](value));

const say = (record) => process.stdout.write(JSON.stringify(record) + '\n');

function describe(error) {
  // knex and node-mssql hand on the driver's error, sometimes inside their own.
  const below = [error, error.originalError, error.originalError && error.originalError.info, error.cause]
    .find((one) => one && one.number) || error;
  const causes = (error.errors || []).map((one) => one.message);
  for (let cause = error.cause; cause; cause = cause.cause) causes.push(cause.message);
  return {
    type: error.code || error.name, number: below.number || null, state: below.state ?? null, class: below.class ?? null,
    text: [error.message, ...causes].join(' | '),
  };
}

// adapter: open(options) -> session, optionally pool(options) -> {acquire() -> session, close()}; a session has the operations.
function serve(adapter) {
  const sessions = new Map();
  const pools = new Map();
  const running = new Map(); // what is still going on per connection: commands on one are carried out in order

  async function carry_out(name, operation, fields) {
    if (operation === 'open') {
      if (fields.pool) {
        if (!adapter.pool) throw new NotOffered('it has no pool');
        pools.set(name, await adapter.pool(fields));
      } else {
        sessions.set(name, await adapter.open(fields));
      }
      return {};
    }
    if (operation === 'acquire') {
      sessions.set(name, await pools.get(fields.pool).acquire());
      return {};
    }
    if (operation === 'close' && pools.has(name)) {
      const pool = pools.get(name);
      pools.delete(name);
      await pool.close();
      return {};
    }
    const session = sessions.get(name);
    if (!session) throw new Error('no such connection');
    if (!session[operation]) throw new NotOffered(`no ${operation} in its API`);
    const result = await session[operation](fields);
    if (operation === 'close' || operation === 'release') sessions.delete(name);
    return result;
  }

  async function answer(id, name, operation, fields) {
    try {
      say({ id, ok: (await carry_out(name, operation, fields)) || {} });
    } catch (error) {
      if (error instanceof NotOffered) say({ id, not_offered: error.message });
      else say({ id, error: describe(error) });
    }
  }

  // tedious throws from a socket callback when the token stream makes no sense: no application can catch it at the call.
  process.on('uncaughtException', (error) => {
    for (const session of sessions.values()) if (session.broken) session.broken(error);
  });

  say({ event: 'loaded' });
  const input = readline.createInterface({ input: process.stdin });
  input.on('line', (line) => {
    const { id, op, as, on, ...fields } = JSON.parse(line);
    const name = op === 'open' || op === 'acquire' ? as : on;
    if (op === 'execute' || op === 'prepare') fields.as = as;
    if (op === 'cancel') return answer(id, name, op, fields);
    const before = running.get(name) || Promise.resolve();
    running.set(name, before.then(() => answer(id, name, op, fields)));
  });
  input.on('close', () => process.exit(0));
}

module.exports = { NotOffered, serve, to_json, to_native };
