#include "object/conditions.hpp"

#include "object/errors.hpp"

namespace stepwell::object {

Result<> check_conditions(const WriteConditions& conditions, const std::optional<Object>& there) {
    if (conditions.if_absent && there.has_value()) return errors::condition_failed();
    if (!conditions.if_etag.has_value()) return {};
    if (!there.has_value()) return errors::key_missing();
    if (there->etag != *conditions.if_etag) return errors::condition_failed();
    return {};
}

Result<> check_integrity(const Integrity& integrity, const Part& part) {
    if (integrity.md5.has_value() && *integrity.md5 != part.md5)
        return Error(errors::bad_digest,
                     "The Content-MD5 you specified did not match what we received.");
    if (integrity.checksum.has_value() && *integrity.checksum != part.checksum->text())
        return Error(errors::bad_digest,
                     "The " + std::string(name_of(integrity.algorithm)) +
                         " you specified did not match the calculated checksum.");
    return {};
}

}  // namespace stepwell::object
