#include "symphony/core/url_reference.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace symphony {
namespace {

struct row {
    const char* reference;
    const char* target;  ///< "": an error
};

void PrintTo(const row& one, std::ostream* out) {
    *out << one.reference;
}

class url_reference : public ::testing::TestWithParam<row> {};

TEST_P(url_reference, is_resolved_as_rfc_3986_has_it) {
    const url base = url::parse("http://user:word@a/b/c/d;p?q").value();
    const auto made = resolve_reference(base, GetParam().reference);
    if (std::string(GetParam().target).empty()) {
        EXPECT_FALSE(made);
        return;
    }
    ASSERT_TRUE(made) << made.error().message;
    std::string text = made->display();
    if (made->has_query) text += "?" + made->query;
    EXPECT_EQ(text, GetParam().target);
    EXPECT_TRUE(made->user_info.empty());
}

// RFC 3986, 5.4.1 and 5.4.2, as far as they lead to http.
INSTANTIATE_TEST_SUITE_P(
    examples, url_reference,
    ::testing::Values(
        row{"g", "http://a/b/c/g"}, row{"./g", "http://a/b/c/g"}, row{"g/", "http://a/b/c/g/"},
        row{"/g", "http://a/g"}, row{"//g", "http://g/"}, row{"?y", "http://a/b/c/d;p?y"},
        row{"g?y", "http://a/b/c/g?y"}, row{"#s", "http://a/b/c/d;p?q"},
        row{"g#s", "http://a/b/c/g"}, row{"g?y#s", "http://a/b/c/g?y"},
        row{";x", "http://a/b/c/;x"}, row{"", "http://a/b/c/d;p?q"}, row{".", "http://a/b/c/"},
        row{"./", "http://a/b/c/"}, row{"..", "http://a/b/"}, row{"../", "http://a/b/"},
        row{"../g", "http://a/b/g"}, row{"../..", "http://a/"}, row{"../../g", "http://a/g"},
        row{"../../../g", "http://a/g"}, row{"/./g", "http://a/g"}, row{"/../g", "http://a/g"},
        row{"g.", "http://a/b/c/g."}, row{"..g", "http://a/b/c/..g"},
        row{"./g/.", "http://a/b/c/g/"}, row{"g/../h", "http://a/b/c/h"},
        row{"g?y/../x", "http://a/b/c/g?y/../x"}));

INSTANTIATE_TEST_SUITE_P(in_the_wild, url_reference,
                         ::testing::Values(row{"https://b", "https://b/"},
                                           row{"HTTPS://B:8443/x/../y", "https://b:8443/y"},
                                           row{"//b:81/x", "http://b:81/x"},
                                           row{"/two words", "http://a/two%20words"},
                                           row{"/\xC3\xBC", "http://a/%C3%BC"},
                                           row{"/a:b", "http://a/a:b"}, row{"mailto:x@y", ""},
                                           row{"javascript:alert(1)", ""}, row{"ftp://b/x", ""},
                                           row{"http://", ""}, row{"http:g", ""}, row{"/a\tb", ""},
                                           row{"http://b:99999/", ""}));

}  // namespace
}  // namespace symphony
