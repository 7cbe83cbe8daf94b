#include "wire/aws_chunked.hpp"

#include <algorithm>
#include <cstring>

#include "wire/http_parser.hpp"

namespace stepwell::wire {

namespace {

constexpr std::size_t encoded_line_bytes_max = 1024;
constexpr std::size_t encoded_trailer_bytes_max = 8 * 1024;
constexpr std::string_view line_end = "\r\n";

}  // namespace

std::string_view AwsChunkedDecoder::take_data(std::string_view& encoded) {
    if (part_ == Part::data) {
        const std::string_view data = encoded.substr(0, left_);
        encoded.remove_prefix(data.size());
        left_ -= data.size();
        if (left_ == 0) {
            part_ = Part::data_end;
            left_ = line_end.size();
        }
        return data;
    }
    if (part_ == Part::data_end) {
        const bool is_right = encoded.front() == line_end[line_end.size() - left_];
        encoded.remove_prefix(1);
        if (--left_ == 0) part_ = Part::size;
        if (!is_right) part_ = Part::bad;
        return {};
    }
    take_line(encoded);
    return {};
}

void AwsChunkedDecoder::take_line(std::string_view& encoded) {
    const std::size_t end = encoded.find('\n');
    line_.append(encoded.substr(0, end));
    encoded.remove_prefix(end == std::string_view::npos ? encoded.size() : end + 1);
    const std::size_t size_max = encoded_line_bytes_max;
    const bool is_whole = end != std::string_view::npos;
    const bool is_bad = line_.size() > size_max || (is_whole && !line_.ends_with('\r'));
    if (is_bad) part_ = Part::bad;
    if (is_bad || !is_whole) return;
    line_.pop_back();
    if (part_ == Part::size) {
        const std::optional<std::size_t> size = chunk_size(line_);
        left_ = size.value_or(0);
        part_ = !size.has_value() ? Part::bad : left_ == 0 ? Part::trailer : Part::data;
    } else if (line_.empty()) {
        part_ = Part::end;
    } else if (trailers_.size() + line_.size() > encoded_trailer_bytes_max) {
        part_ = Part::bad;
    } else {
        trailers_.append(line_).push_back('\n');
    }
    line_.clear();
}

AwsChunked decode_aws_chunked(std::span<char> body) {
    AwsChunkedDecoder decoder;
    std::size_t bytes = 0;
    const bool is_whole = decoder.take({body.data(), body.size()}, [&](std::string_view data) {
        std::memmove(body.data() + bytes, data.data(), data.size());
        bytes += data.size();
    });
    if (!is_whole || !decoder.is_complete()) return {};
    return {true, bytes, decoder.trailers()};
}

}  // namespace stepwell::wire
