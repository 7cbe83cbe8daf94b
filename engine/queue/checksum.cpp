#include "queue/checksum.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/hex.hpp"

namespace stepwell::queue {

namespace {

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

// Fetching an algorithm costs more than hashing a short body, so it is done once.
const EVP_MD* md5() {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "MD5", nullptr);
    SW_ASSERT(algorithm != nullptr);
    return algorithm;
}

// Once it knows its algorithm, a context is made ready again at little cost.
std::unique_ptr<EVP_MD_CTX, FreeContext> make_context() {
    std::unique_ptr<EVP_MD_CTX, FreeContext> context{EVP_MD_CTX_new()};
    SW_ASSERT(context != nullptr);
    const int is_ready = EVP_DigestInit_ex(context.get(), md5(), nullptr);
    SW_ASSERT(is_ready == 1);
    return context;
}

void append_with_length(std::string& out, std::string_view text) {
    append_big_endian(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
}

}  // namespace

Md5Text::Md5Text(const std::array<unsigned char, 16>& digest) noexcept {
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), digest.data(), sizeof halves);
    put_hex(text_.data(), __builtin_bswap64(halves[0]));
    put_hex(text_.data() + 16, __builtin_bswap64(halves[1]));
}

Md5Text md5_hex(std::string_view bytes) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context = make_context();
    std::array<unsigned char, 16> digest{};
    unsigned int size = 0;
    const bool is_done = EVP_DigestInit_ex(context.get(), nullptr, nullptr) == 1 &&
                         EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                         EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1;
    SW_ASSERT(is_done && size == digest.size());
    return Md5Text(digest);
}

Md5Text md5_of_attributes(std::span<const MessageAttribute> attributes) {
    std::vector<const MessageAttribute*> sorted;
    sorted.reserve(attributes.size());
    for (const MessageAttribute& attribute : attributes) sorted.push_back(&attribute);
    std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->name < b->name; });
    std::string bytes;
    for (const MessageAttribute* attribute : sorted) {
        append_with_length(bytes, attribute->name);
        append_with_length(bytes, attribute->data_type);
        bytes.push_back(attribute->is_binary() ? '\x02' : '\x01');
        append_with_length(bytes, attribute->value);
    }
    return md5_hex(bytes);
}

}  // namespace stepwell::queue
