#include "asl/jsonata/serialization.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "asl/jsonata/text.hpp"

namespace stepwell::asl::jsonata {

void append_number(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
        return;
    }
    std::array<char, 32> buffer;
    char* const start = buffer.data();
    if (std::abs(number) < 1e15 && std::floor(number) == number) {
        out.append(start,
                   std::to_chars(start, start + buffer.size(), static_cast<long long>(number)).ptr);
        return;
    }
    if (number < 0) out.push_back('-');
    const char* const end =
        std::to_chars(start, start + buffer.size(), std::abs(number), std::chars_format::scientific)
            .ptr;
    // d.ddde+xx: the digits without their point, and the exponent
    const std::string_view shortest{start, static_cast<std::size_t>(end - start)};
    const std::size_t e = shortest.find('e');
    int exponent = 0;
    std::from_chars(start + e + (shortest[e + 1] == '+' ? 2 : 1), end, exponent);
    if (e > 1) std::memmove(start + 1, start + 2, e - 2);
    const std::string_view digits{start, e > 1 ? e - 1 : 1};

    const int point = exponent + 1;  // digits before the decimal point
    const int count = static_cast<int>(digits.size());
    if (point > 21 || point < -5) {
        out += digits[0];
        if (count > 1) out.append(".").append(digits, 1);
        out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
    } else if (point <= 0) {
        out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
    } else if (count <= point) {
        out.append(digits).append(static_cast<std::size_t>(point - count), '0');
    } else {
        const auto before = static_cast<std::size_t>(point);
        out.append(digits, 0, before).append(".").append(digits, before);
    }
}

std::string number_text(double number) {
    std::string text;
    append_number(text, number);
    return text;
}

double rounded_to_15_digits(double number) {
    if (std::floor(number) == number || !std::isfinite(number)) return number;
    std::array<char, 40> buffer;
    const auto end =
        std::to_chars(buffer.begin(), buffer.end(), number, std::chars_format::scientific, 14).ptr;
    double rounded = number;
    std::from_chars(buffer.begin(), end, rounded);
    return rounded;
}

namespace {

/// Appends a text as a JSON string, lone surrogates as escapes.
void append_quoted(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t written = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool is_surrogate =
            byte == 0xED && i + 2 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xA0;
        if (byte >= 0x20 && byte != '"' && byte != '\\' && !is_surrogate) continue;
        out.append(text, written, i - written);
        constexpr std::string_view letters = "\b\t\n\f\r\"\\";
        constexpr std::string_view escapes = "btnfr\"\\";
        const std::size_t which = letters.find(text[i]);
        if (which != std::string_view::npos) {
            out.push_back('\\');
            out.push_back(escapes[which]);
        } else {
            std::size_t end = i;
            std::array<char, 8> escape;
            std::snprintf(escape.data(), escape.size(), "\\u%04x",
                          static_cast<unsigned>(text::decode(text, end)));
            out.append(escape.data());
            i = end - 1;
        }
        written = i + 1;
    }
    out.append(text, written).push_back('"');
}

/// Writes one value.
class TextWriter {
 public:
    TextWriter(std::string& out, const TextFormat& format) : out_(out), format_(format) {}

    bool write(Value value, std::size_t level) {
        if (level > json::depth_max || out_.size() > format_.bytes_max) return false;
        switch (value.kind()) {
            case Kind::undefined:
            case Kind::null:
                out_ += "null";
                return true;
            case Kind::boolean:
                out_ += value.boolean() ? "true" : "false";
                return true;
            case Kind::number:
                write_number(value);
                return true;
            case Kind::string:
                append_quoted(out_, value.string());
                return true;
            case Kind::function:
                out_ += format_.is_result ? "null" : "\"\"";
                return true;
            case Kind::array:
            case Kind::object:
                break;
        }
        if (value.node() != nullptr && format_.is_result) {
            json::append_compact(out_, json::Value{value.node()});
            return true;
        }
        return value.is_array() ? write_array(value, level) : write_object(value, level);
    }

    bool is_in_range() const { return is_in_range_; }

 private:
    void write_number(Value value) {
        if (value.node() != nullptr && format_.is_result) {
            out_ += json::Value{value.node()}.raw();
            return;
        }
        const double number = value.number();
        is_in_range_ = is_in_range_ && std::isfinite(number);
        append_number(out_, format_.is_rounded ? rounded_to_15_digits(number) : number);
    }

    void start_line(std::size_t level) {
        if (format_.is_pretty) out_.append("\n").append(2 * level, ' ');
    }

    bool write_array(Value value, std::size_t level) {
        const Array elements = elements_of(value);
        out_.push_back('[');
        for (std::size_t i = 0; i < elements.size; ++i) {
            if (i != 0) out_.push_back(',');
            start_line(level + 1);
            if (!write(elements[i], level + 1)) return false;
        }
        if (elements.size != 0) start_line(level);
        out_.push_back(']');
        return true;
    }

    bool write_object(Value value, std::size_t level) {
        bool is_empty = true;
        out_.push_back('{');
        const bool is_whole = each_member(value, [&](std::string_view key, Value member) {
            const bool is_left_out = member.is_function() && format_.is_result;
            if (member.is_undefined() || is_left_out) return true;
            if (!is_empty) out_.push_back(',');
            is_empty = false;
            start_line(level + 1);
            append_quoted(out_, key);
            out_ += format_.is_pretty ? ": " : ":";
            return write(member, level + 1);
        });
        if (!is_empty) start_line(level);
        out_.push_back('}');
        return is_whole;
    }

    std::string& out_;
    const TextFormat& format_;
    bool is_in_range_ = true;
};

}  // namespace

Unwritable append_json(std::string& out, Value value, const TextFormat& format) {
    TextWriter writer{out, format};
    if (!writer.write(value, 0) || out.size() > format.bytes_max) return Unwritable::too_large;
    return writer.is_in_range() ? Unwritable::no : Unwritable::out_of_range;
}

std::string short_text_of(Value value) {
    constexpr std::size_t shown_bytes_max = 100;
    if (value.is_undefined()) return "nothing";
    std::string text;
    const bool is_whole =
        append_json(text, value, {.is_rounded = true, .bytes_max = 1000}) != Unwritable::too_large;
    if (!is_whole || text.size() > shown_bytes_max) {
        std::size_t end = std::min(text.size(), shown_bytes_max);
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        text.resize(end);
        text += "…";
    }
    return text;
}

}  // namespace stepwell::asl::jsonata
