#include "wire/xml_reader.hpp"

#include <gtest/gtest.h>

namespace stepwell::wire {
namespace {

// "a(b=text c(d=))": elements in parentheses, text behind an equals sign.
std::string describe_xml(const XmlElement& element) {
    if (element.elements.empty()) return element.name + "=" + element.text;
    std::string text = element.name + "(";
    for (const XmlElement& inner : element.elements) text += describe_xml(inner) + " ";
    text.back() = ')';
    return text;
}
std::string read_text(std::string_view document) {
    const auto root = read_xml(document);
    return root.has_value() ? describe_xml(*root) : "malformed";
}

TEST(XmlReader, GivesElementsAndText) {
    EXPECT_EQ(read_text("<?xml version=\"1.0\"?>\n<!-- c --><Delete xmlns=\"x\"><Object>"
                        "<Key>a b</Key></Object><s3:Quiet  a='<'/>\n</Delete >\n"),
              "Delete(Object(Key=a b) Quiet=)");
    EXPECT_EQ(read_text("<a>x<![CDATA[<&]]>y</a>"), "a=x<&y");
    EXPECT_EQ(read_text("<a>1\r\n2\r3</a>"), "a=1\n2\n3");
}

TEST(XmlReader, KnowsXmlsOwnEntitiesAndNoOthers) {
    EXPECT_EQ(read_text("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x20AC;&#x1F600;</a>"),
              "a=<>&\"'A\u20AC\U0001F600");
    for (const char* document : {"<a>&nbsp;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>",
                                 "<a>&#x110000;</a>", "<a>&amp</a>", "<a>&</a>"})
        EXPECT_EQ(read_text(document), "malformed") << document;
}

TEST(XmlReader, RefusesWhatIsNotWellFormed) {
    for (const char* document :
         {"", "a", "<a>", "<a></b>", "<a></a>x", "<a></a><b/>", "<a b></a>", "<a b=c></a>", "<a",
          "</a>", "<a><b></a></b>", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a><!-- </a>",
          "<a><![CDATA[</a>", "< a></a>"})
        EXPECT_EQ(read_text(document), "malformed") << document;
}

TEST(XmlReader, HasADepthLimit) {
    const auto nested = [](std::size_t depth) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i) text += "<a>";
        for (std::size_t i = 0; i < depth; ++i) text += "</a>";
        return text;
    };
    EXPECT_NE(read_text(nested(xml_depth_max)), "malformed");
    EXPECT_EQ(read_text(nested(xml_depth_max + 1)), "malformed");
    EXPECT_EQ(read_text(nested(100'000)), "malformed");
}

}  // namespace
}  // namespace stepwell::wire
