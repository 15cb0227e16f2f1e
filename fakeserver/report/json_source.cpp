// Boost.JSON is compiled into this one file: no shared library to load at start.
#include <boost/json/src.hpp>
