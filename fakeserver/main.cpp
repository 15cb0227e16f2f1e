#include "cli/program.hpp"

int main(int argc, char** argv) { return tdsfake::cli::program(argc, argv); }
