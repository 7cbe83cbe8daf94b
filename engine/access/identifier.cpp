#include "access/identifier.hpp"

#include "base/random.hpp"

namespace stepwell::access {

std::string make_identifier(std::string_view prefix, std::size_t size) {
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string id(size, '\0');
    fill_with_secret_bytes(id.data(), id.size());
    for (char& c : id)
        c = alphabet[static_cast<unsigned char>(c) % alphabet.size()];  // 32 divides 256: no bias
    return id.replace(0, prefix.size(), prefix);
}

}  // namespace stepwell::access
