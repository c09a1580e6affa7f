#include "digits_data.h"

static const unsigned char csv[] = {
#embed "digits.csv"
};

const unsigned char *digits_csv(void) { return csv; }

size_t digits_csv_length(void) { return sizeof csv; }
