#include "object/listing.hpp"

#include <optional>

#include "object/records.hpp"

namespace stepwell::object {

namespace {

// The first text behind all that start with `prefix`; nothing when there is none.
std::optional<std::string> successor(std::string prefix) {
    while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
    if (prefix.empty()) return std::nullopt;
    prefix.back() = static_cast<char>(prefix.back() + 1);
    return prefix;
}

class Listing {
 public:
    Listing(const Storage& storage, const ListInput& input) : storage_(storage), input_(input) {}

    ListOutput run() {
        const std::string all = object_key(input_.bucket, input_.prefix);
        std::optional<std::string> from = all;
        // Just behind `after`; a common prefix is behind all that it stands for.
        if (!input_.after.empty()) {
            from = object_key(input_.bucket, input_.after);
            if (common_prefix(input_.after) == input_.after) {
                from = successor(*from);
            } else {
                from->push_back('\0');
            }
            if (from.has_value() && *from < all) from = all;
        }
        // Each round ends at a common prefix, and the next begins behind it.
        while (from.has_value() && !output_.is_truncated) {
            std::optional<std::string> next;
            storage_.scan(Table::object, {all, *from},
                          [&](std::string_view key, std::string_view value) {
                              return take(key, value, next);
                          });
            from = std::move(next);
        }
        return std::move(output_);
    }

 private:
    std::optional<std::string_view> common_prefix(std::string_view key) const {
        if (input_.delimiter.empty() || !key.starts_with(input_.prefix)) return std::nullopt;
        const std::size_t at = key.find(input_.delimiter, input_.prefix.size());
        if (at == std::string_view::npos) return std::nullopt;
        return key.substr(0, at + input_.delimiter.size());
    }

    // False when the scan is to end: the page is full, or `next` says where to go on.
    bool take(std::string_view stored, std::string_view value, std::optional<std::string>& next) {
        const std::string_view key = stored.substr(input_.bucket.size() + 1);
        if (count_ == input_.max) {
            output_.is_truncated = input_.max != 0;
            return false;
        }
        if (const auto common = common_prefix(key)) {
            next = successor(object_key(input_.bucket, *common));
            // One that `after` lies in was told on the page before.
            if (*common > std::string_view(input_.after)) {
                output_.common_prefixes.emplace_back(*common);
                add(*common);
            }
            return false;
        }
        std::optional<Object> object = decode_object(value);
        if (object.has_value()) {
            output_.objects.push_back({std::string(key), *std::move(object)});
            add(key);
        }
        return true;
    }

    void add(std::string_view told) {
        output_.last = told;
        ++count_;
    }

    const Storage& storage_;
    const ListInput& input_;
    ListOutput output_;
    std::size_t count_ = 0;
};

}  // namespace

ListOutput list_objects(const Storage& storage, const ListInput& input) {
    return Listing(storage, input).run();
}

}  // namespace stepwell::object
