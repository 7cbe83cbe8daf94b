#include "object/digest.hpp"

#include <openssl/evp.h>

#include <cstring>

#include "base/assert.hpp"

namespace stepwell::object {

namespace {

struct Named {
    ChecksumAlgorithm algorithm;
    std::string_view name;
};
constexpr std::array<Named, checksum_algorithm_count> algorithms{{
    {ChecksumAlgorithm::crc32, "CRC32"},
    {ChecksumAlgorithm::crc32c, "CRC32C"},
    {ChecksumAlgorithm::crc64nvme, "CRC64NVME"},
    {ChecksumAlgorithm::sha1, "SHA1"},
    {ChecksumAlgorithm::sha256, "SHA256"},
}};

// A CRC whose bits are reflected, and that starts with and is inverted by ones.
template <class Integer, Integer polynomial>
struct Crc {
    static constexpr std::size_t bytes_at_once = 8;
    using Table = std::array<std::array<Integer, 256>, bytes_at_once>;

    // table[n][b]: what byte b does when n further bytes follow it.
    static constexpr Table make_table() {
        Table table{};
        for (std::size_t byte = 0; byte < 256; ++byte) {
            auto value = static_cast<Integer>(byte);
            for (int bit = 0; bit < 8; ++bit)
                value = (value & 1) != 0 ? (value >> 1) ^ polynomial : value >> 1;
            table[0][byte] = value;
        }
        for (std::size_t n = 1; n < bytes_at_once; ++n) {
            for (std::size_t byte = 0; byte < 256; ++byte) {
                const Integer before = table[n - 1][byte];
                table[n][byte] = (before >> 8) ^ table[0][before & 0xff];
            }
        }
        return table;
    }
    static constexpr Table table = make_table();

    static Integer update(Integer crc, std::string_view bytes) noexcept {
        crc = ~crc;
        while (bytes.size() >= bytes_at_once) {
            std::uint64_t word;
            std::memcpy(&word, bytes.data(), sizeof word);
            word ^= crc;
            crc = 0;
            for (std::size_t i = 0; i < bytes_at_once; ++i)
                crc ^= table[bytes_at_once - 1 - i][(word >> (8 * i)) & 0xff];
            bytes.remove_prefix(bytes_at_once);
        }
        for (const char byte : bytes)
            crc = (crc >> 8) ^ table[0][(crc ^ static_cast<unsigned char>(byte)) & 0xff];
        return ~crc;
    }

    // The product of two polynomials modulo the CRC's; the highest bit is x^0.
    static Integer multiply(Integer a, Integer b) noexcept {
        constexpr Integer one = Integer{1} << (8 * sizeof(Integer) - 1);
        Integer product = 0;
        for (Integer bit = one; bit != 0; bit >>= 1) {
            if ((a & bit) != 0) product ^= b;
            b = (b & 1) != 0 ? (b >> 1) ^ polynomial : b >> 1;
        }
        return product;
    }

    static Integer combine(Integer first, Integer second, std::uint64_t second_bytes) noexcept {
        constexpr Integer one = Integer{1} << (8 * sizeof(Integer) - 1);
        Integer shift = one;       // x^0
        Integer power = one >> 8;  // x^8: one byte
        for (; second_bytes != 0; second_bytes >>= 1) {
            if ((second_bytes & 1) != 0) shift = multiply(shift, power);
            power = multiply(power, power);
        }
        return multiply(shift, first) ^ second;
    }
};
using Crc32 = Crc<std::uint32_t, 0xEDB88320U>;
using Crc32c = Crc<std::uint32_t, 0x82F63B78U>;
using Crc64Nvme = Crc<std::uint64_t, 0x9A6C9329AC4BC9B5U>;

std::size_t crc_bytes(ChecksumAlgorithm algorithm) noexcept {
    return algorithm == ChecksumAlgorithm::crc64nvme ? 8 : 4;
}

std::string bytes_of_crc(ChecksumAlgorithm algorithm, std::uint64_t crc) {
    std::string bytes(crc_bytes(algorithm), '\0');
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, crc >>= 8)
        *byte = static_cast<char>(crc & 0xff);
    return bytes;
}

std::uint64_t crc_of_bytes(std::string_view bytes) noexcept {
    std::uint64_t crc = 0;
    for (const char byte : bytes) crc = crc << 8 | static_cast<unsigned char>(byte);
    return crc;
}

const EVP_MD* method_of(ChecksumAlgorithm algorithm) {
    return algorithm == ChecksumAlgorithm::sha1 ? EVP_sha1() : EVP_sha256();
}

}  // namespace

std::string_view name_of(ChecksumAlgorithm algorithm) noexcept {
    return algorithms[static_cast<std::size_t>(algorithm)].name;
}

std::optional<ChecksumAlgorithm> checksum_algorithm(std::string_view name) noexcept {
    for (const Named& known : algorithms) {
        if (known.name == name) return known.algorithm;
    }
    return std::nullopt;
}

struct Digest::Context {
    explicit Context(const EVP_MD* method) : evp(EVP_MD_CTX_new()) {
        SW_ASSERT(evp != nullptr && EVP_DigestInit_ex(evp, method, nullptr) == 1);
    }
    ~Context() { EVP_MD_CTX_free(evp); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    EVP_MD_CTX* const evp;
};

Digest::Digest(std::unique_ptr<Context> context) : context_(std::move(context)) {}
Digest::Digest(ChecksumAlgorithm algorithm) : algorithm_(algorithm) {
    if (!is_crc(algorithm)) context_ = std::make_unique<Context>(method_of(algorithm));
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;

Digest Digest::md5() { return Digest(std::make_unique<Context>(EVP_md5())); }

void Digest::update(std::string_view bytes) {
    if (context_ != nullptr) {
        SW_ASSERT(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1);
        return;
    }
    switch (algorithm_) {
        case ChecksumAlgorithm::crc32:
            crc_ = Crc32::update(static_cast<std::uint32_t>(crc_), bytes);
            break;
        case ChecksumAlgorithm::crc32c:
            crc_ = Crc32c::update(static_cast<std::uint32_t>(crc_), bytes);
            break;
        default:
            crc_ = Crc64Nvme::update(crc_, bytes);
    }
}

std::string Digest::finish() {
    if (context_ == nullptr) return bytes_of_crc(algorithm_, crc_);
    std::string bytes(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    SW_ASSERT(EVP_DigestFinal_ex(context_->evp, reinterpret_cast<unsigned char*>(bytes.data()),
                                 &size) == 1);
    bytes.resize(size);
    return bytes;
}

std::string md5_of(std::string_view bytes) {
    Digest digest = Digest::md5();
    digest.update(bytes);
    return digest.finish();
}

std::string checksum_of(ChecksumAlgorithm algorithm, std::string_view bytes) {
    Digest digest(algorithm);
    digest.update(bytes);
    return digest.finish();
}

std::string combined_crc(ChecksumAlgorithm algorithm, std::string_view first,
                         std::string_view second, std::uint64_t second_bytes) {
    SW_ASSERT(is_crc(algorithm));
    const std::uint64_t a = crc_of_bytes(first);
    const std::uint64_t b = crc_of_bytes(second);
    if (algorithm == ChecksumAlgorithm::crc64nvme)
        return bytes_of_crc(algorithm, Crc64Nvme::combine(a, b, second_bytes));
    const auto combine = algorithm == ChecksumAlgorithm::crc32 ? &Crc32::combine : &Crc32c::combine;
    return bytes_of_crc(algorithm, combine(static_cast<std::uint32_t>(a),
                                           static_cast<std::uint32_t>(b), second_bytes));
}

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (const char byte : bytes) {
        out.push_back(digits[static_cast<unsigned char>(byte) >> 4]);
        out.push_back(digits[static_cast<unsigned char>(byte) & 0xf]);
    }
    return out;
}

std::optional<std::string> bytes_of_hex(std::string_view digits) {
    const auto value = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        return -1;
    };
    if (digits.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = value(digits[i]);
        const int low = value(digits[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<char>(high << 4 | low));
    }
    return bytes;
}

}  // namespace stepwell::object
