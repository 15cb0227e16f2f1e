#include "cli/program.hpp"

#include "cli/arguments.hpp"
#include "cli/run.hpp"
#include "net/endpoint.hpp"
#include "scenario/library.hpp"
#include "scenario/load.hpp"
#include "tls/authority.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <map>

namespace tdsfake::cli {

namespace {

int check(const std::vector<std::string>& files) {
    bool good = true;
    for (const auto& file : files) {
        try {
            const auto from = read_source(file);
            const auto loaded = scenario::load(from.text, from.name);
            for (const auto* findings : {&loaded.errors, &loaded.warnings}) {
                for (const auto& finding : *findings)
                    std::cerr << scenario::format(finding, from.name) << "\n";
            }
            if (loaded.errors.empty()) {
                std::cout << from.name << ": ok\n";
            } else {
                good = false;
            }
        } catch (const bad_input& failure) {
            std::cerr << failure.what() << "\n";
            good = false;
        }
    }
    return good ? exit_code::fine : exit_code::bad_input;
}

int list() {
    std::size_t width = 0;
    for (const auto& entry : scenario::library())
        width = std::max(width, entry.name.size());
    std::string_view folder;
    for (const auto& entry : scenario::library()) {
        if (entry.folder != folder) std::cout << (folder.empty() ? "" : "\n") << entry.folder << "\n";
        folder = entry.folder;
        std::cout << "  " << entry.name << std::string(width - entry.name.size() + 2, ' ') << entry.about
                  << "\n";
    }
    return exit_code::fine;
}

int show(const std::string& name) {
    std::cout << read_source(name).text;
    return exit_code::fine;
}

void add_run_options(CLI::App& command, run_arguments& to) {
    command.add_option("FILE", to.file, "A scenario: a path, a name of the library, or - for standard input")
        ->required();
    command.add_option("--set", to.set, "Set a parameter of the scenario: NAME=VALUE")
        ->allow_extra_args(false);
    command.add_option("--seed", to.seed, "Seed of random choices (printed; default: random)");
    command.add_option("--listen", to.listen, "Where the first server listens: ADDRESS[:PORT]");
    command.add_option("--ready-file", to.ready_file, "Write the addresses here, as JSON, once they answer");
    command.add_option("--journal", to.journal_file, "Write every event here, as JSON lines");
    command.add_option("--ca-file", to.ca_file, "Write the authority that clients are to trust here, as PEM");
    command.add_option(
        "--tls-keylog", to.key_log_file, "Append the secrets of TLS here, so that Wireshark can decrypt"
    );
    command.add_option("--format", to.format, "Output for people (text) or programs (json)")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, format>{{"text", format::text}, {"json", format::json}}
        ))
        ->type_name("text|json")
        ->option_text("text|json");
    command.add_option("--color,--colour", to.colour, "Colours: on a terminal only (auto), always, never")
        ->transform(CLI::CheckedTransformer(std::map<std::string, colour>{
            {"auto", colour::automatic}, {"always", colour::always}, {"never", colour::never}
        }))
        ->option_text("auto|always|never");
    command.add_flag("--quiet,-q", to.quiet, "Print the READY line and what was not met, nothing else");
    command.add_flag("--show-passwords", to.show_passwords, "Do not hide passwords in the journal");
}

int dispatch(int argc, char** argv) {
    CLI::App app{
        "A scriptable fake SQL Server: it refuses, stalls or accepts, and misbehaves as its scenario says.\n"
        "Exit codes: 0 fine, 1 expectation unmet, 2 usage or scenario error, 3 could not listen,\n"
        "4 internal, or not all of the output could be written.",
        "tdsfake"
    };
    app.set_version_flag("--version", "tdsfake " TDSFAKE_VERSION);
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);

    // What follows `--` is the command of `exec`, whatever it looks like.
    run_arguments arguments;
    const auto words = std::vector<std::string>(argv, argv + argc);
    const auto separator = std::ranges::find(words, "--");
    if (separator != words.end()) arguments.command.assign(separator + 1, words.end());
    argc = static_cast<int>(separator - words.begin());

    auto* run_command = app.add_subcommand("run", "Run a scenario until SIGINT or SIGTERM");
    add_run_options(*run_command, arguments);
    auto* exec_command = app.add_subcommand(
        "exec", "Run a scenario and, in it, a command with TDSFAKE_HOST, TDSFAKE_PORT and TDSFAKE_ADDRESS set"
    );
    add_run_options(*exec_command, arguments);

    exec_command->add_flag(
        "--isolated",
        arguments.isolated,
        "In a network of their own: ports 1433 and 1434, every address and name of the scenario"
    );
    exec_command->allow_extras(); // a command without the dashes before it is explained below

    std::vector<std::string> files;
    auto* check_command = app.add_subcommand("check", "Check scenarios without running them");
    check_command->add_option("FILE", files, "Paths, names of the library, or -")->required();
    auto* list_command = app.add_subcommand("list", "List the scenarios of the library");
    std::string name;
    auto* show_command =
        app.add_subcommand("show", "Print a scenario of the library, to start your own from");
    show_command->add_option("NAME", name, "Its name")->required();
    auto* schema_command =
        app.add_subcommand("schema", "Print the JSON Schema of scenarios, for your editor");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& failure) {
        return app.exit(failure) == 0 ? exit_code::fine : exit_code::bad_input;
    }
    if (*check_command) return check(files);
    if (*list_command) return list();
    if (*show_command) return show(name);
    if (*schema_command) {
        std::cout << scenario::schema_text();
        return exit_code::fine;
    }
    if (*exec_command) {
        if (arguments.command.empty() || !exec_command->remaining().empty()) {
            throw bad_input("exec: which command? Write it after --: tdsfake exec FILE -- COMMAND");
        }
    }
    if (*run_command && separator != words.end())
        throw bad_input("run takes no command; `tdsfake exec` does");
    run(arguments);
}

} // namespace

int program(int argc, char** argv) {
    try {
        const int code = dispatch(argc, argv);
        if (std::cout.flush()) return code;
        std::cerr << "tdsfake: standard output takes nothing more\n";
        return exit_code::internal;
    } catch (const bad_input& failure) {
        std::cerr << failure.what() << "\n";
        return exit_code::bad_input;
    } catch (const tls::setup_error& failure) {
        std::cerr << "tdsfake: " << failure.what() << "\n";
        return exit_code::bad_input;
    } catch (const net::start_up_error& failure) {
        std::cerr << "tdsfake: " << failure.what() << "\n";
        return exit_code::no_listen;
    } catch (const std::exception& failure) {
        std::cerr << "tdsfake: internal error: " << failure.what() << "\n";
        return exit_code::internal;
    }
}

} // namespace tdsfake::cli
