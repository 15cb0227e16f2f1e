'use strict';
// node-mssql (npm: mssql) over tedious.

const sql = require('mssql');
const { NotOffered, to_json, to_native } = require('./serving');
const { options_of } = require('./tedious');

const TYPE = {
  int: sql.Int, bigint: sql.BigInt, float: sql.Float, bit: sql.Bit, nvarchar: sql.NVarChar, varchar: sql.VarChar,
  decimal: sql.Decimal(18, 4), varbinary: sql.VarBinary, date: sql.Date, datetime2: sql.DateTime2, uniqueidentifier: sql.UniqueIdentifier,
};

function configuration(options) {
  const { server, authentication, options: below } = options_of(options);
  const { port, database, connectTimeout, requestTimeout, ...rest } = below;
  return {
    server, port, database, authentication, connectionTimeout: connectTimeout, requestTimeout: 0,
    options: rest, pool: { min: 0, max: 1 }, arrayRowMode: true,
  };
}

class Session {
  constructor(pool, shared) {
    this.pool = pool;
    this.shared = shared;
    this.transaction = null;
  }

  async ask(sql_text, { params, timeout }, start) {
    const overrides = timeout === undefined || timeout === null ? {} : { requestTimeout: timeout * 1000 };
    const request = new sql.Request(this.transaction || this.pool, overrides);
    request.arrayRowMode = true;
    const messages = [];
    request.on('info', (one) => messages.push({ number: one.number, state: one.state, class: one.class, text: one.message }));
    (params || []).forEach((one, i) => {
      if (one.out) request.output(one.name, TYPE[one.type]);
      else request.input(one.name || `p${i + 1}`, TYPE[one.type], to_native(one));
    });
    this.request = request;
    const found = await start(request);
    const results = (found.recordsets || []).map((rows, i) => ({
      columns: ((found.columns || [])[i] || Object.values(rows.columns || {})).map((column) => column.name),
      rows: rows.map((row) => row.map(to_json)),
    }));
    if (!results.length) for (const affected of found.rowsAffected || []) results.push({ affected });
    const outputs = Object.fromEntries(Object.entries(found.output || {}).map(([name, value]) => [name, to_json(value)]));
    return { results, messages, outputs, return: found.returnValue };
  }

  query({ sql: text, ...fields }) {
    let number = 0;
    if (!fields.params) return this.ask(text, fields, (request) => request.batch(text));
    return this.ask(text, fields, (request) => request.query(text.replace(/\?/g, () => `@p${++number}`)));
  }

  call({ procedure, params }) { return this.ask(procedure, { params }, (request) => request.execute(procedure)); }

  async prepare({ sql: text, types, as }) {
    let number = 0;
    this.prepared = this.prepared || new Map();
    const statement = new sql.PreparedStatement(this.pool);
    types.forEach((type, i) => statement.input(`p${i + 1}`, TYPE[type]));
    await statement.prepare(text.replace(/\?/g, () => `@p${++number}`));
    this.prepared.set(as, { statement, types });
  }

  async execute({ statement, values }) {
    const { statement: prepared, types } = this.prepared.get(statement);
    prepared.arrayRowMode = true;
    const found = await prepared.execute(Object.fromEntries(values.map((value, i) => [`p${i + 1}`, to_native({ type: types[i], value })])));
    const rows = found.recordset.map((row) => (Array.isArray(row) ? row : Object.values(row)).map(to_json));
    return { results: [{ columns: [], rows }] };
  }

  unprepare({ statement }) { return this.prepared.get(statement).statement.unprepare(); }

  async begin() {
    const transaction = new sql.Transaction(this.pool);
    await transaction.begin();
    this.transaction = transaction;
  }

  async end(how) {
    const transaction = this.transaction;
    this.transaction = null;
    await transaction[how]();
  }

  commit() { return this.end('commit'); }
  rollback() { return this.end('rollback'); }
  async cancel() { this.request.cancel(); }

  async bulk({ table, columns, rows }) {
    const load = new sql.Table(table);
    columns.forEach((one) => load.columns.add(one.name, one.type === 'nvarchar' ? sql.NVarChar(30) : TYPE[one.type], { nullable: true }));
    rows.forEach((row) => load.rows.add(...row.map((value, i) => to_native({ type: columns[i].type, value }))));
    await new sql.Request(this.pool).bulk(load);
  }

  async release() {} // node-mssql takes a connection for a request and gives it back by itself
  async close() { if (!this.shared) await this.pool.close(); }
}

async function connected(options) {
  if (options.mars) throw new NotOffered('no MARS');
  const pool = new sql.ConnectionPool(configuration(options));
  pool.on('error', () => {});
  await pool.connect(); // by a connection that it closes at once
  pool.release(await pool.acquire()); // by the one that it keeps
  return pool;
}

module.exports = {
  open: async (options) => new Session(await connected(options), false),
  pool: async (options) => {
    const pool = await connected(options);
    return { acquire: async () => new Session(pool, true), close: () => pool.close() };
  },
};
