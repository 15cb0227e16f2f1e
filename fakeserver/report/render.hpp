// An event as a line of text: JSON for programs, columns for people.
#pragma once

#include "journal/event.hpp"
#include "scenario/model.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::report {

// {"seq":7,"t":0.001234,"server":"server","connection":1,"event":"received","message":"PRELOGIN",…}
class json_renderer {
public:
    explicit json_renderer(const scenario::scenario& scenario);
    void operator()(const journal::event& event, std::string& out) const;

private:
    std::vector<std::string> server_names_; // as JSON strings
};

// One aligned line for each thing that happened.
class console_renderer {
public:
    console_renderer(const scenario::scenario& scenario, bool colours);
    void operator()(const journal::event& event, std::string& out) const;

private:
    std::vector<std::string> server_names_;
    std::size_t name_width_ = 0; // 0: only one server, not worth a column
    bool colours_;
};

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);

} // namespace tdsfake::report
