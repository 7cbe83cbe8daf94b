// What AWS Step Functions adds to JSONata's library.
//
// source  AWS Step Functions Developer Guide, "JSONata functions provided by Step Functions"
#include <openssl/evp.h>

#include <array>
#include <bit>
#include <cmath>

#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/function_library.hpp"
#include "asl/jsonata/serialization.hpp"
#include "base/random.hpp"
#include "json/value.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Result = Outcome<Value>;

Failed wrong(const Call& call, std::string_view why) {
    return call.evaluator.fail("D3150", {.value = why});
}

// $partition(array, size): the array in pieces, the last one perhaps shorter.
Result partition(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    Evaluator& evaluator = call.evaluator;
    const double wanted = call[1].is_undefined() ? 0 : std::floor(call[1].number());
    if (!(wanted >= 1))
        return wrong(call, "The second argument of partition must be a positive number");
    const Array source = elements_of(call[0]);
    if (!evaluator.spend(source.size)) return Failed{};
    const auto size =
        static_cast<std::size_t>(std::min(wanted, static_cast<double>(source.size) + 1));
    Elements pieces{evaluator.arena()};
    for (std::size_t start = 0; start < source.size; start += size) {
        Elements piece{evaluator.arena()};
        for (std::size_t i = start; i < std::min(start + size, source.size); ++i)
            piece.push(source[i]);
        pieces.push(piece.array(evaluator.arena()));
    }
    return pieces.array(evaluator.arena());
}

// $range(first, last, step): the last one included, if it is met. On AWS, as recorded, an only
// element comes without its array.
Result range(const Call& call) {
    if (call[0].is_undefined() || call[1].is_undefined() || call[2].is_undefined()) return Value{};
    const double first = call[0].number();
    const double last = call[1].number();
    const double step = call[2].number();
    if (step == 0 || !std::isfinite(step))
        return wrong(call, "The third argument of range must not be 0");
    const double count = std::floor((last - first) / step) + 1;
    if (!(count <= range_elements_max)) {
        return wrong(call, "The range function makes more than 10,000,000 elements");
    }
    Elements elements{call.evaluator.arena()};
    if (!call.evaluator.spend(count > 0 ? static_cast<std::size_t>(count) : 0)) return Failed{};
    for (double i = 0; i < count; ++i) elements.push(Value::of(first + i * step));
    return elements.sequence(call.evaluator.arena());
}

const EVP_MD* digest_of(std::string_view algorithm) {
    if (algorithm == "MD5") return EVP_md5();
    if (algorithm == "SHA-1") return EVP_sha1();
    if (algorithm == "SHA-256") return EVP_sha256();
    if (algorithm == "SHA-384") return EVP_sha384();
    if (algorithm == "SHA-512") return EVP_sha512();
    return nullptr;
}

// $hash(value, algorithm): hexadecimal.
Result hash(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const EVP_MD* digest = digest_of(call[1].is_undefined() ? "" : call[1].string());
    if (digest == nullptr) {
        return wrong(call,
                     "The second argument of hash must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512");
    }
    const Result text = call.evaluator.text_of(call[0]);
    if (!text) return text;
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned size = 0;
    const std::string_view input = text->string();
    if (EVP_Digest(input.data(), input.size(), bytes.data(), &size, digest, nullptr) != 1) {
        return wrong(call, "The digest is not available");
    }
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
        constexpr std::string_view digits = "0123456789abcdef";
        out.push_back(digits[bytes[i] >> 4]);
        out.push_back(digits[bytes[i] & 15]);
    }
    return call.evaluator.copy(out);
}

// $random(seed): the same seed gives the same number.
Result seeded_random(const Call& call) {
    if (call[0].is_undefined()) return Value::of(call.evaluator.random().next_fraction());
    Random random{std::bit_cast<std::uint64_t>(call[0].number())};
    return Value::of(random.next_fraction());
}

Result uuid(const Call& call) { return call.evaluator.copy(make_uuid(call.evaluator.random())); }

// $parse(text): the value that JSON text stands for.
Result parse(const Call& call) {
    if (call[0].is_undefined()) return call[0];
    const std::string_view text = call[0].string();
    // A document takes some times the memory of its text.
    constexpr std::size_t bytes_per_byte = 32;
    if (!call.evaluator.charge(text.size() * bytes_per_byte)) return Failed{};
    auto document = json::Document::parse(text);
    if (!document)
        return wrong(call, "The argument of parse is no JSON: " + document.error().message());
    return call.evaluator.keep(*std::move(document));
}

constexpr auto only = LibraryEntry::In::step_functions;
constexpr LibraryEntry step_functions_entries[] = {
    {"partition", "<an:a>", 2, partition, only},
    {"range", "<nnn:a>", 3, range, only},
    {"hash", "<xs:s>", 2, hash, only},
    {"random", "<n?:n>", 0, seeded_random, only},
    {"uuid", "<:s>", 0, uuid, only},
    {"parse", "<s-:x>", 1, parse, only},
};

}  // namespace

LibraryPart step_functions_functions() { return step_functions_entries; }

}  // namespace stepwell::asl::jsonata
