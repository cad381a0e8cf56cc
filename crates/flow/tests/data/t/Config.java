package t;

class Config {
    static final String KEY = "0123456789abcdef";
    static final int ROUNDS = 1000;
    static final long BIG = 1L << 40;
    static final boolean ON = true;
    static final String NONE = null;
    static String changing = "start";
    String instance;
    static final String[] HOSTS = {"a.example", "b.example"};
}
