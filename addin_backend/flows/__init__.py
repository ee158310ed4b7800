"""One function per journey. A flow carries the product of one room to the next and knows no third party."""
