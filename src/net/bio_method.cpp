#include "net/bio_method.hpp"

#include <new>

namespace symphony::net::detail {

namespace {

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

}  // namespace

BIO_METHOD* make_bio_method(const char* name, int (*read)(BIO*, char*, int),
                            int (*write)(BIO*, const char*, int)) {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, name);
    if (method == nullptr) throw std::bad_alloc();
    BIO_meth_set_read(method, read);
    BIO_meth_set_write(method, write);
    BIO_meth_set_ctrl(method, control);
    BIO_meth_set_create(method, create);
    return method;
}

}  // namespace symphony::net::detail
