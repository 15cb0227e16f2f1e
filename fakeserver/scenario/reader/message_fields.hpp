// The fields that the journal has of the client's messages, by the stages at which they are read.
#pragma once

#include "scenario/model.hpp"

#include <string_view>
#include <vector>

namespace tdsfake::scenario::reader {

// None: there is no message at that stage.
std::vector<std::string_view> fields_at(stage s);

} // namespace tdsfake::scenario::reader
