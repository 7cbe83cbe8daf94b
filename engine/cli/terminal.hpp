// What the program says to people: on stderr, one line each, coloured where a terminal reads it.
#pragma once

#include <cstdint>
#include <string_view>

namespace stepwell::cli {

enum class LogFormat : std::uint8_t { text, json };
enum class Severity : std::uint8_t { info, warning, error };

/// Sets how `say` writes. Before any thread starts.
void set_log_format(LogFormat format) noexcept;

/// One message. In text form "stepwell: warning: ..."; as JSON
/// {"time":...,"level":...,"message":...}.
///
/// threads  any: a line is one write
void say(Severity severity, std::string_view message);

/// True when colours are wanted on `stream` (1 or 2): it is a terminal, NO_COLOR is not set and
/// TERM is not "dumb".
bool wants_color(int stream);

}  // namespace stepwell::cli
