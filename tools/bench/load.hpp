// The load generator's jobs. Each prints one line of JSON and ends the program on anything unexpected:
// a figure from a run in which a connection failed would be worth nothing.
#pragma once

#include "common.hpp"

namespace bench {

// connect, PRELOGIN, answer, close (FIN), `count` times, `concurrency` at a time.
void run_cycles(const options& given);
// `count` connections that sent their PRELOGIN and wait; held until standard input ends.
void run_hold(const options& given);
// When do the answers come? Against the delay that the server's script gives each connection.
void run_timing(const options& given);
// SELECT 1 on one logged-in connection, `count` times: how long until the answer is whole?
void run_requests(const options& given);
// One `sql` on one logged-in connection: how fast does its answer come?
void run_rows(const options& given);

} // namespace bench
