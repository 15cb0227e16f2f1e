// setsockopt() of an integer, whose failure would change nothing that a test could not see.
#pragma once

#include <sys/socket.h>

namespace tdsfake::net {

inline void set_option(int socket, int level, int option, int value) {
    ::setsockopt(socket, level, option, &value, sizeof value);
}

} // namespace tdsfake::net
