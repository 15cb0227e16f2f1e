// The tokens of `tokens` that stand in answers to a login.
#pragma once

#include "scenario/reader/token_source.hpp"

#include <optional>

namespace tdsfake::scenario::reader {

std::optional<tds::scripted_token> read_envchange(context& ctx, const token_source& s);
std::optional<tds::scripted_token> read_loginack(context& ctx, const token_source& s);
std::optional<tds::scripted_token> read_features(context& ctx, const token_source& s);
std::optional<tds::scripted_token> read_sspi(context& ctx, const token_source& s);
std::optional<tds::scripted_token> read_fedauthinfo(context& ctx, const token_source& s);
std::optional<tds::scripted_token> read_sessionstate(context& ctx, const token_source& s);

} // namespace tdsfake::scenario::reader
