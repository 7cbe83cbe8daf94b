// XML as the query protocol's replies need it: elements, text, no attributes but a namespace.
//
// Not pugixml's writer: it leaves a carriage return in text as it is, which every XML reader turns
// into a line feed, and so changes a message's body.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::wire {

/// Appends XML to a text. Names are ours and well-formed; text is escaped, and characters that
/// XML 1.0 cannot hold are replaced by U+FFFD.
class XmlWriter {
 public:
    XmlWriter& declaration();
    XmlWriter& open(std::string_view name, std::string_view suffix = {},
                    std::string_view xml_namespace = {});
    XmlWriter& close(std::string_view name, std::string_view suffix = {});
    XmlWriter& text(std::string_view utf8);
    XmlWriter& element(std::string_view name, std::string_view utf8) {
        return open(name).text(utf8).close(name);
    }

    std::string take() { return std::move(out_); }

 private:
    std::string out_;
};

}  // namespace stepwell::wire
