'use strict';
// knex over tedious: its query builder's raw(), its transactions, its pool.

const make = require('knex');
const { NotOffered, to_json, to_native } = require('./serving');
const { options_of } = require('./tedious');

function configuration(options) {
  if (options.fetched_token) throw new NotOffered('its configuration takes no credential');
  const { server, authentication, options: below } = options_of(options);
  const { port, database, connectTimeout, requestTimeout, ...rest } = below;
  return {
    client: 'mssql',
    connection: {
      server, port, database, type: authentication.type, user: options.user, password: options.password, domain: options.domain,
      token: options.token, connectionTimeout: connectTimeout, requestTimeout: 0,
      options: { ...rest, rowCollectionOnRequestCompletion: false },
    },
    pool: { min: 0, max: 1 }, acquireConnectionTimeout: connectTimeout + 1000,
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  };
}

class Session {
  constructor(knex, shared) {
    this.knex = knex;
    this.shared = shared;
    this.transaction = null;
  }

  async query({ sql, params, timeout }) {
    const query = (this.transaction || this.knex).raw(sql, (params || []).map(to_native));
    if (timeout !== undefined && timeout !== null) throw new NotOffered('it cannot cancel a query of this dialect');
    const found = await query;
    if (Array.isArray(found)) {
      const columns = found.length ? Object.keys(found[0]) : [];
      return { results: [{ columns, rows: found.map((row) => columns.map((name) => to_json(row[name]))) }], messages: [] };
    }
    return { results: typeof found === 'number' ? [{ affected: found }] : [], messages: [] };
  }

  async begin() { this.transaction = await this.knex.transaction(); }

  async end(how) {
    const transaction = this.transaction;
    this.transaction = null;
    await transaction[how]();
  }

  commit() { return this.end('commit'); }
  // knex rejects what waits for the transaction with this very error; nobody waits here.
  async rollback() { await this.end('rollback'); }

  async release() {} // knex takes a connection for a query and gives it back by itself
  async close() { if (!this.shared) await this.knex.destroy(); }
}

// knex connects with the first query; `open` wants a connection, so it asks the pool for one and puts it back.
async function connected(options) {
  if (options.mars) throw new NotOffered('no MARS');
  const knex = make(configuration(options));
  try {
    await knex.client.releaseConnection(await knex.client.acquireConnection());
  } catch (error) {
    await knex.destroy();
    throw error;
  }
  return knex;
}

module.exports = {
  open: async (options) => new Session(await connected(options), false),
  pool: async (options) => {
    const knex = await connected(options);
    return { acquire: async () => new Session(knex, true), close: () => knex.destroy() };
  },
};
