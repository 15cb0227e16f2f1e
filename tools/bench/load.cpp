// bench_load cycles|hold|timing|requests|rows --port N …: the client side of the benchmark.
#include "load.hpp"

int main(int argc, char** argv) {
    const std::string_view job = argc > 1 ? argv[1] : "";
    if (job == "cycles") {
        bench::run_cycles(
            {argc - 2, argv + 2, {{"port", ""}, {"count", ""}, {"concurrency", "64"}, {"sources", "16"}}}
        );
    } else if (job == "hold") {
        bench::run_hold({argc - 2, argv + 2, {{"port", ""}, {"count", ""}, {"sources", "16"}}});
    } else if (job == "timing") {
        bench::run_timing(
            {argc - 2,
             argv + 2,
             {{"port", ""},
              {"delays", ""},
              {"spread-us", "0"},
              {"seed", "1"},
              {"burst", "0"},
              {"stop-pid", "0"}}}
        );
    } else if (job == "requests") {
        bench::run_requests({argc - 2, argv + 2, {{"port", ""}, {"count", ""}}});
    } else if (job == "rows") {
        bench::run_rows({argc - 2, argv + 2, {{"port", ""}, {"sql", ""}}});
    } else {
        bench::die("usage: bench_load cycles|hold|timing|requests|rows --port N …");
    }
    return 0;
}
