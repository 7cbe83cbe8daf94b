#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>
#include <stepwell/result.hpp>

namespace stepwell {

void panic(const char* what, const char* file, int line) noexcept {
    std::fprintf(stderr, "stepwell: panic: %s (%s:%d)\n", what, file, line);
    std::fflush(stderr);
    std::abort();
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
    std::fprintf(stderr, "stepwell: value() of an error: %.*s: %s\n",
                 static_cast<int>(error.code().size()), error.code().data(),
                 error.message().c_str());
    panic("Result::value() on an error", where.file_name(), static_cast<int>(where.line()));
}

}  // namespace stepwell
