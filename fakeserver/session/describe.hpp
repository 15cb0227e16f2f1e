// What the journal says of the client's messages: decoded fields, named as the scenario language names them.
#pragma once

#include "journal/event.hpp"
#include "scenario/model.hpp"
#include "tds/login7.hpp"
#include "tds/packet.hpp"
#include "tds/prelogin.hpp"

#include <string>
#include <vector>

namespace tdsfake::session {

using fields = std::vector<journal::field>;

void describe(fields& out, const tds::prelogin& message);
// The password is "***" (or "" if it is empty) unless `show_passwords`.
void describe(fields& out, const tds::login7& message, bool show_passwords);
void describe(fields& out, const tds::pre_tds7_login& message);
// "wait, reset": the steps of a fault that fired.
std::string step_names(const scenario::fault& fault);
// "reset", "ignore" where the status asks for it.
void describe_status(fields& out, std::uint8_t status);

// The front of a login, up to where a password may stand.
core::byte_view without_password(const tds::message& login);

} // namespace tdsfake::session
