package t;

/** Calls of these methods are what the tests look at. */
public class Sink {
    static void s(String value) {}
    static void i(int value) {}
    static void j(long value) {}
    static void b(byte[] value) {}
    static void c(char[] value) {}
    static void o(Object value) {}
    static void two(String a, int b) {}
    static void f(double value) {}
    static void f(float value) {}
    static String source() { return null; }
    static int number() { return 0; }
}
