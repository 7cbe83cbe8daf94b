// What AWS's SDK adds to the output of an optimized integration: the reply's headers, twice.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stepwell::flow {

/// The values of one reply's metadata; each is plain text that JSON needs not escape.
struct SdkMetadata {
    std::string_view request_id;
    std::string_view content_length;
    std::string_view date;
    std::string_view content_type;
};

/// Appends the members "SdkHttpMetadata" and "SdkResponseMetadata" as AWS shows them, without the
/// braces of the object that they are in: some 500 bytes, of which a hundred vary.
void append_sdk_metadata(std::string& out, const SdkMetadata& metadata);
/// How many bytes that are.
std::size_t sdk_metadata_bytes(const SdkMetadata& metadata) noexcept;

/// Such members in a text: where they stand, and their values, which point into the text.
struct FoundSdkMetadata {
    std::size_t offset = 0;
    std::size_t size = 0;
    SdkMetadata metadata;
};
/// Where a text has its metadata, as far as that is known.
using KnownMetadata = std::optional<FoundSdkMetadata>;

/// Writes what append_sdk_metadata appends to memory that has room for it: `at`, which is `offset`
/// bytes into a text.
FoundSdkMetadata put_sdk_metadata(char* at, std::size_t offset,
                                  const SdkMetadata& metadata) noexcept;

/// The first that is, byte by byte, what `append_sdk_metadata` writes.
std::optional<FoundSdkMetadata> find_sdk_metadata(std::string_view text);

}  // namespace stepwell::flow
