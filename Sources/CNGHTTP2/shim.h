/* libnghttp2 1.43 or later: nothing newer is used. */
#include <nghttp2/nghttp2.h>
