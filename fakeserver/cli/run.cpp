#include "cli/run.hpp"

#include "cli/child.hpp"
#include "cli/isolated.hpp"
#include "cli/program.hpp"
#include "cli/ready.hpp"
#include "cli/tls_files.hpp"
#include "journal/journal.hpp"
#include "net/fake.hpp"
#include "report/render.hpp"
#include "report/sink.hpp"
#include "report/summary.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tdsfake::cli {

namespace {

constexpr std::chrono::seconds patience_with_files{10};
constexpr std::chrono::milliseconds patience_with_the_console{1000};
// With a reader that takes nothing at all.
constexpr std::chrono::milliseconds patience_with_a_stalled_file{2000};
constexpr std::chrono::milliseconds patience_with_a_stalled_console{100};
constexpr std::chrono::milliseconds last_look{20};

// As many connections as this machine allows without asking anybody.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

bool coloured(colour wanted, int fd) {
    if (wanted != colour::automatic) return wanted == colour::always;
    return ::isatty(fd) != 0 && std::getenv("NO_COLOR") == nullptr;
}

// Writes that must not hang on a reader who has stopped reading.
void print(int fd, std::string_view text) {
    report::write_all(fd, text, [](auto stalled) { return stalled >= patience_with_a_stalled_console; });
}

// Namespaces can be entered only before there are threads and sockets.
loaded_scenario load_and_isolate(const run_arguments& arguments) {
    auto loaded = load_scenario(arguments);
    if (arguments.isolated) {
        isolate_for(*loaded.scenario);
        return loaded;
    }
    for (const auto& server : loaded.scenario->servers) {
        if (server.names.empty()) continue;
        print(
            STDERR_FILENO,
            "tdsfake: " + server.names.front() +
                " is known in `tdsfake exec --isolated` only; here use the address\n"
        );
    }
    return loaded;
}

class run_of_a_scenario {
public:
    explicit run_of_a_scenario(const run_arguments& arguments)
        : arguments_(arguments),
          loaded_(load_and_isolate(arguments)),
          signals_(io_),
          console_(arguments.command.empty() ? STDOUT_FILENO : STDERR_FILENO),
          colours_(coloured(arguments.colour, console_)) {
        if (!arguments.journal_file.empty()) {
            journal_fd_ =
                ::open(arguments.journal_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
            if (journal_fd_ < 0) {
                throw bad_input(
                    "--journal " + arguments.journal_file + ": cannot write it: " + std::strerror(errno)
                );
            }
        }
        auto bound = net::bind_servers(io_, *loaded_.scenario);
        std::map<std::string, scenario::place> places;
        for (std::size_t i = 0; i < bound.size(); ++i) {
            const auto& at = bound[i].front()->address();
            places[loaded_.scenario->servers[i].name] = {.address = at.host(), .port = at.port()};
        }
        scenario_ = loaded_.placed(places);
        fake_.emplace(
            io_,
            scenario_,
            std::move(bound),
            journal_,
            session::options{.show_passwords = arguments.show_passwords},
            open_key_log(arguments.key_log_file)
        );
        fake_->tls().check();
        if (!arguments.ca_file.empty()) write_ca_file(arguments.ca_file, fake_->tls().authority().pem());
    }

    int operator()() {
        catch_signals();
        announce();
        io_.run();
        // What has arrived by now still counts: a client that has just ended closed its connections before
        // that.
        const auto enough = std::chrono::steady_clock::now() + last_look;
        io_.restart();
        while (io_.poll_one() > 0 && std::chrono::steady_clock::now() < enough) {}
        return give_verdict();
    }

private:
    void catch_signals() {
        std::signal(SIGPIPE, SIG_IGN);
        signals_.add(SIGINT);
        signals_.add(SIGTERM);
        if (!arguments_.command.empty()) signals_.add(SIGCHLD);
        wait_for_signal();
    }

    void wait_for_signal() {
        signals_.async_wait([this](const boost::system::error_code& failure, int number) {
            if (failure) return;
            if (number == SIGCHLD) {
                command_code_ = reap(child_);
                if (command_code_ < 0) return wait_for_signal();
            } else if (child_ > 0) {
                ::kill(child_, number); // the command decides when it ends
                return wait_for_signal();
            }
            io_.stop();
        });
    }

    void announce() {
        const places where{fake_->addresses(), fake_->browser_addresses()};
        std::string list;
        const auto tell = [&](const std::string& name, const net::endpoint& at, const char* danger) {
            list += (list.empty() ? "" : " ") + name + "=" + at.to_string();
            if (at.loopback() || arguments_.isolated) return; // nobody else is in that network
            print(
                STDERR_FILENO,
                "tdsfake: " + name + " listens on " + at.to_string() +
                    ", not on loopback: other machines can reach it" + danger + "\n"
            );
        };
        for (const auto& server : where.servers) {
            for (const auto& at : server.addresses)
                tell(server.name, at, ", and anyone may log in");
        }
        for (const auto& at : where.browser)
            tell(std::string(scenario::browser_name), at, "");
        journal_.add(
            {.what = journal::kind::ready,
             .at = fake_->now(),
             .fields = {{"scenario", scenario_->file}, {"seed", scenario_->seed}, {"addresses", list}}}
        );
        fake_->start();

        const auto json = ready_json(where, scenario_->seed);
        const bool exec = !arguments_.command.empty();
        auto variables = environment(where);
        if (arguments_.isolated)
            variables.emplace_back("RESOLV_MULTI", "on"); // where there is no /etc/host.conf
        if (!arguments_.ca_file.empty()) {
            // The command may work in another folder.
            variables.emplace_back("TDSFAKE_CA_FILE", std::filesystem::absolute(arguments_.ca_file).string());
        }
        if (!arguments_.ready_file.empty()) write_ready_file(arguments_.ready_file, json);
        if (!exec) print(console_, arguments_.format == format::json ? json : ready_line(where));
        if (exec) child_ = start_child(arguments_.command, variables);

        if (journal_fd_ >= 0)
            file_sink_.emplace(journal_, journal_fd_, true, report::json_renderer(*scenario_));
        if (arguments_.quiet) return;
        if (arguments_.format == format::json) {
            // The ready line has been printed already, with more in it.
            console_sink_.emplace(
                journal_,
                console_,
                false,
                [render = report::json_renderer(*scenario_)](const journal::event& event, std::string& out) {
                    if (event.what != journal::kind::ready) render(event, out);
                }
            );
        } else {
            auto title = "tdsfake " TDSFAKE_VERSION "  " + scenario_->file;
            if (!scenario_->about.empty()) title += ": " + scenario_->about;
            title += "\n" + list + "  seed " + std::to_string(scenario_->seed) + "\n\n";
            print(console_, title);
            console_sink_.emplace(journal_, console_, false, report::console_renderer(*scenario_, colours_));
        }
    }

    void tell_of_running_lists() {
        constexpr std::size_t enough = 20;
        const auto lists = fake_->world().still_running();
        for (const auto& list : std::span(lists).first(std::min(lists.size(), enough))) {
            std::string left;
            for (const auto& step : list.rest)
                left += (left.empty() ? "" : ", ") + std::string(scenario::name(step));
            journal_.add(
                {.what = journal::kind::notice,
                 .at = fake_->now(),
                 .server = list.server,
                 .fields =
                     {{"text", "the run ends before a list does: " + left + " left"},
                      {"rule", list.rest.front().where.line}}}
            );
        }
    }

    int give_verdict() {
        tell_of_running_lists();
        const auto unmet = fake_->stop();
        for (const auto& line : unmet) {
            journal_.add(
                {.what = journal::kind::unmet,
                 .at = fake_->now(),
                 .fields = {{"text", line.text}, {"line", line.line}, {"seen", line.seen}}}
            );
        }
        journal_.add({.what = journal::kind::verdict, .at = fake_->now(), .fields = {{"met", unmet.empty()}}}
        );
        journal_.close();
        const bool written =
            !file_sink_ || file_sink_->finish(patience_with_files, patience_with_a_stalled_file);
        if (!written) {
            print(
                STDERR_FILENO,
                "tdsfake: --journal " + arguments_.journal_file + ": not everything could be written\n"
            );
        }
        if (console_sink_) console_sink_->finish(patience_with_the_console, patience_with_a_stalled_console);
        if (arguments_.format == format::text && (!arguments_.quiet || !unmet.empty())) {
            print(console_, report::summary(fake_->world(), unmet, colours_));
        }
        if (command_code_ > 0) return command_code_;
        if (!unmet.empty()) return exit_code::unmet;
        return written ? exit_code::fine : exit_code::internal;
    }

    const run_arguments& arguments_;
    loaded_scenario loaded_;
    std::shared_ptr<const scenario::scenario> scenario_;
    journal::journal journal_;
    boost::asio::io_context io_{1};
    boost::asio::signal_set signals_;
    std::optional<net::fake> fake_;
    int console_;
    bool colours_;
    int journal_fd_ = -1;
    pid_t child_ = -1;
    int command_code_ = 0;
    std::optional<report::sink> file_sink_;
    std::optional<report::sink> console_sink_;
};

} // namespace

void run(const run_arguments& arguments) {
    raise_descriptor_limit();
    run_of_a_scenario the_run(arguments);
    std::_Exit(the_run());
}

} // namespace tdsfake::cli
