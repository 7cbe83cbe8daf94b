#include "wire/xml_writer.hpp"

namespace stepwell::wire {

XmlWriter& XmlWriter::declaration() {
    out_.append("<?xml version=\"1.0\"?>");
    return *this;
}

XmlWriter& XmlWriter::open(std::string_view name, std::string_view suffix,
                           std::string_view xml_namespace) {
    out_.append("<").append(name).append(suffix);
    if (!xml_namespace.empty()) out_.append(" xmlns=\"").append(xml_namespace).append("\"");
    out_.append(">");
    return *this;
}

XmlWriter& XmlWriter::close(std::string_view name, std::string_view suffix) {
    out_.append("</").append(name).append(suffix).append(">");
    return *this;
}

XmlWriter& XmlWriter::text(std::string_view utf8) {
    for (const char c : utf8) {
        switch (c) {
            case '&':
                out_.append("&amp;");
                break;
            case '<':
                out_.append("&lt;");
                break;
            case '>':
                out_.append("&gt;");
                break;
            case '"':
                out_.append("&quot;");
                break;
            case '\r':
                out_.append("&#xD;");
                break;
            case '\n':
            case '\t':
                out_.push_back(c);
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out_.append("\xEF\xBF\xBD");
                } else {
                    out_.push_back(c);
                }
        }
    }
    return *this;
}

}  // namespace stepwell::wire
