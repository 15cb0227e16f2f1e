'use strict';
// The long-lived probe of the Node.js drivers: node probe.js tedious | node-mssql | knex

const { serve } = require('./serving');

serve(require(`./${process.argv[2]}`));
