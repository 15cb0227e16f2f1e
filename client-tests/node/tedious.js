'use strict';
// tedious itself.

const fs = require('fs');
const { Connection, Request, TYPES } = require('tedious');
const { NotOffered, to_json, to_native } = require('./serving');

const TDS = { '7.1': '7_1', '7.2': '7_2', '7.3': '7_3_B', '7.4': '7_4' };
const ENCRYPT = { off: false, on: true, strict: 'strict' };
const TYPE = {
  int: TYPES.Int, bigint: TYPES.BigInt, float: TYPES.Float, bit: TYPES.Bit, nvarchar: TYPES.NVarChar, varchar: TYPES.VarChar,
  decimal: TYPES.Decimal, varbinary: TYPES.VarBinary, date: TYPES.Date, datetime2: TYPES.DateTime2,
  uniqueidentifier: TYPES.UniqueIdentifier,
};
const EXACT = { decimal: { precision: 18, scale: 4 } };

function authentication_of({ user, password, domain, token, fetched_token }) {
  if (fetched_token) {
    const credential = { getToken: async () => ({ token: fetched_token, expiresOnTimestamp: Date.now() + 3600000 }) };
    return { type: 'token-credential', options: { credential } };
  }
  if (token) return { type: 'azure-active-directory-access-token', options: { token } };
  if (domain) return { type: 'ntlm', options: { userName: user, password, domain } };
  return { type: 'default', options: { userName: user, password } };
}

function options_of(options) {
  if (!(options.encrypt in ENCRYPT)) throw new NotOffered('no TLS for the login alone');
  if (options.tds && !TDS[options.tds]) throw new NotOffered('speaks 7.1 and newer');
  if (options.mars) throw new NotOffered('no MARS');
  if (options.new_password || options.partner || options.reconnect) throw new NotOffered('no such thing');
  const certificates = options.ca && fs.existsSync(options.ca) ? { ca: fs.readFileSync(options.ca) } : undefined;
  const timeout = options.timeout * 1000;
  return {
    server: options.host,
    authentication: authentication_of(options),
    options: {
      ...(options.instance ? { instanceName: options.instance } : { port: options.port }),
      database: options.database, encrypt: ENCRYPT[options.encrypt], trustServerCertificate: options.trust !== false,
      connectTimeout: timeout, requestTimeout: 0, cancelTimeout: 5000,
      ...(options.as_shipped ? {} : { maxRetriesOnTransientErrors: 0 }),
      readOnlyIntent: options.intent === 'read-only', useUTC: true,
      ...(options.tds ? { tdsVersion: TDS[options.tds] } : {}),
      ...(options.packet_size ? { packetSize: options.packet_size } : {}),
      ...(certificates ? { cryptoCredentialsDetails: certificates } : {}),
    },
  };
}

class Session {
  constructor(connection) {
    this.connection = connection;
    this.prepared = new Map();
    connection.on('error', () => {});
  }

  // Runs what `start` starts with a request; what came of it.
  run(sql, start, { timeout, parameters } = {}) {
    return new Promise((resolve, reject) => {
      this.broken = reject;
      const results = [];
      const messages = [];
      const outputs = {};
      let status = null;
      let open = null;
      const request = new Request(sql, (error) => {
        this.connection.removeListener('infoMessage', told);
        if (error) reject(error);
        else resolve({ results, messages, outputs, return: status });
      });
      const told = (one) => messages.push({ number: one.number, state: one.state, class: one.class, text: one.message });
      this.connection.on('infoMessage', told);
      request.on('columnMetadata', (columns) => {
        open = { columns: columns.map((column) => column.colName), rows: [] };
        results.push(open);
      });
      request.on('row', (columns) => open.rows.push(columns.map((column) => to_json(column.value))));
      const done = (count) => { if (!open && count !== undefined) results.push({ affected: count }); open = null; };
      request.on('done', done);
      request.on('doneInProc', done);
      request.on('returnValue', (name, value) => { outputs[name] = to_json(value); });
      request.on('doneProc', (count, more, value) => { status = value; open = null; });
      if (timeout !== undefined && timeout !== null) request.setTimeout(timeout * 1000);
      if (parameters) parameters(request);
      this.request = request;
      start(request);
    });
  }

  query({ sql, params, timeout }) {
    if (!params) return this.run(sql, (request) => this.connection.execSqlBatch(request), { timeout });
    let number = 0;
    const text = sql.replace(/\?/g, () => `@p${++number}`);
    const parameters = (request) => params.forEach((one, i) =>
      request.addParameter(`p${i + 1}`, TYPE[one.type], to_native(one), EXACT[one.type]));
    return this.run(text, (request) => this.connection.execSql(request), { timeout, parameters });
  }

  prepare({ sql, types, as }) {
    return new Promise((resolve, reject) => {
      let number = 0;
      const session = this;
      const request = new Request(sql.replace(/\?/g, () => `@p${++number}`), (error) => session.ended(error));
      session.ended = (error) => (error ? reject(error) : resolve({}));
      types.forEach((type, i) => request.addParameter(`p${i + 1}`, TYPE[type], null, EXACT[type]));
      request.on('prepared', () => resolve({}));
      this.prepared.set(as, { request, types });
      this.connection.prepare(request);
    });
  }

  execute({ statement, values }) {
    const { request, types } = this.prepared.get(statement);
    return new Promise((resolve, reject) => {
      const rows = [];
      const row = (columns) => rows.push(columns.map((column) => to_json(column.value)));
      request.on('row', row);
      this.ended = (error) => {
        request.removeListener('row', row);
        if (error) reject(error);
        else resolve({ results: [{ columns: [], rows }] });
      };
      this.connection.execute(request, Object.fromEntries(values.map((value, i) => [`p${i + 1}`, to_native({ type: types[i], value })])));
    });
  }

  unprepare({ statement }) {
    return new Promise((resolve, reject) => {
      this.ended = (error) => (error ? reject(error) : resolve({}));
      this.connection.unprepare(this.prepared.get(statement).request);
    });
  }

  call({ procedure, params }) {
    const parameters = (request) => params.forEach((one) => {
      if (one.out) request.addOutputParameter(one.name, TYPE[one.type], to_native(one), EXACT[one.type]);
      else request.addParameter(one.name, TYPE[one.type], to_native(one), EXACT[one.type]);
    });
    return this.run(procedure, (request) => this.connection.callProcedure(request), { parameters });
  }

  step(start) {
    return new Promise((resolve, reject) => {
      this.broken = reject;
      start((error) => (error ? reject(error) : resolve({})));
    });
  }

  begin() { return this.step((done) => this.connection.beginTransaction(done)); }
  commit() { return this.step((done) => this.connection.commitTransaction(done)); }
  rollback() { return this.step((done) => this.connection.rollbackTransaction(done)); }
  async cancel() { this.request.cancel(); }

  bulk({ table, columns, rows }) {
    return this.step((done) => {
      const load = this.connection.newBulkLoad(table, (error) => done(error));
      columns.forEach((one) => load.addColumn(one.name, TYPE[one.type], { nullable: true, ...(one.type === 'nvarchar' ? { length: 30 } : {}) }));
      this.connection.execBulkLoad(load, rows.map((row) => row.map((value, i) => to_native({ type: columns[i].type, value }))));
    });
  }

  close() {
    return new Promise((resolve) => {
      if (this.connection.closed) return resolve({});
      this.connection.on('end', () => resolve({}));
      this.connection.close();
    });
  }
}

function open(options) {
  return new Promise((resolve, reject) => {
    const connection = new Connection(options_of(options));
    connection.on('connect', (error) => (error ? reject(error) : resolve(new Session(connection))));
    connection.on('error', () => {});
    connection.connect();
  });
}

module.exports = { open, options_of };
