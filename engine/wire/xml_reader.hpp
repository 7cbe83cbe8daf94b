// XML as S3's requests have it: elements and text. Attributes are stepped over; a document type is
// refused, and with it every entity but XML's own five.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stepwell::wire {

struct XmlElement {
    std::string name = {};  ///< without its prefix
    std::string text = {};  ///< of an element that has no others in it
    std::vector<XmlElement> elements = {};

    const XmlElement* find(std::string_view wanted) const noexcept;
};

inline constexpr std::size_t xml_depth_max = 16;

/// The root of a document; nothing when it is not well-formed, or nested too deeply.
std::optional<XmlElement> read_xml(std::string_view document);

}  // namespace stepwell::wire
