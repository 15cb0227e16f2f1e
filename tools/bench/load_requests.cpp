// One logged-in connection: many small requests after each other, or one answer of many rows.
#include "load.hpp"
#include "session.hpp"

#include <algorithm>
#include <vector>

namespace bench {

void run_requests(const options& given) {
    session client(static_cast<std::uint16_t>(given.number("port")));
    const auto count = given.number("count");
    if (count == 0) die("--count must be > 0");
    std::vector<std::int64_t> times;
    times.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        const auto begin = now();
        client.send_batch("SELECT 1");
        client.receive_answer();
        times.push_back(now() - begin);
    }
    std::sort(times.begin(), times.end());
    const auto at = [&](std::size_t percent) {
        return static_cast<double>(times[times.size() * percent / 100]) / 1e3;
    };
    std::printf(
        "{\"count\": %lld, \"us_p50\": %.1f, \"us_p99\": %.1f}\n",
        static_cast<long long>(count),
        at(50),
        at(99)
    );
}

void run_rows(const options& given) {
    session client(static_cast<std::uint16_t>(given.number("port")));
    const auto begin = now();
    client.send_batch(given.text("sql"));
    const auto received = client.receive_answer();
    const auto seconds = static_cast<double>(now() - begin) / 1e9;
    std::printf("{\"bytes\": %llu, \"seconds\": %.6f}\n", static_cast<unsigned long long>(received), seconds);
}

} // namespace bench
